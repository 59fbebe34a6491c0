"""vec-encode beside sentence-transformers and onnxruntime: all-MiniLM-L6-v2 on WordNet's passages (20 tokens) and SciFact (240),
in texts a second, and the cosine of each one's vectors to sentence-transformers' own in f32.  Then a static model beside
model2vec, and the share that a model of BERT-base's shape has of the peak of bf16 products (encode_share.c).

The model is the folder $VECPIPE_MODELS/all-MiniLM-L6-v2 (or XDG's, where model-get puts it).  Peers have their model loaded; ours
is timed as a process less the time of one that encodes a single text.  ENCODE_TEXTS: how many of WordNet's (a tenth of
SciFact's)."""
import json
import os
import struct
import subprocess

os.environ["TOKENIZERS_PARALLELISM"] = "true"
os.environ["HF_HUB_OFFLINE"] = "1"

import model2vec                # noqa: E402
import numpy                    # noqa: E402
import onnxruntime              # noqa: E402
import onnxruntime.quantization  # noqa: E402
import sentence_transformers    # noqa: E402
import tokenizers               # noqa: E402
import torch                    # noqa: E402
import transformers             # noqa: E402

import peers                    # noqa: E402

DATA_HOME = os.environ.get("XDG_DATA_HOME", os.path.expanduser("~/.local/share"))
MODEL = os.path.join(os.environ.get("VECPIPE_MODELS", os.path.join(DATA_HOME, "vecpipe/models")), "all-MiniLM-L6-v2")
N = int(os.environ.get("ENCODE_TEXTS", 4000))
BATCH, LENGTH = 32, 256


def export():
    """The model as ONNX, in f32 and with dynamic int8 weights: their paths."""
    path = os.path.join(peers.DIR, "minilm.onnx")
    if not os.path.exists(path):
        class States(torch.nn.Module):
            def __init__(self):
                super().__init__()
                self.model = transformers.AutoModel.from_pretrained(MODEL, attn_implementation="eager").eval()

            def forward(self, ids, mask, types):
                return self.model(input_ids=ids, attention_mask=mask, token_type_ids=types)[0]

        names = ["input_ids", "attention_mask", "token_type_ids"]
        some = torch.ones(2, 8, dtype=torch.long)
        torch.onnx.export(States(), (some, some, some * 0), path, input_names=names, output_names=["states"], dynamo=False,
                          dynamic_axes={name: {0: "batch", 1: "length"} for name in [*names, "states"]}, opset_version=17)
    int8 = path.replace(".onnx", ".int8.onnx")
    if not os.path.exists(int8):
        onnxruntime.quantization.quantize_dynamic(path, int8)
    return path, int8


class Onnx:
    """Tokens, batches of like length, mean pooling: what sentence-transformers does, around onnxruntime."""

    def __init__(self, path):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = peers.CPUS
        self.session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
        self.tokenizer = tokenizers.Tokenizer.from_file(os.path.join(MODEL, "tokenizer.json"))
        self.tokenizer.enable_truncation(LENGTH)
        self.tokenizer.no_padding()

    def encode(self, texts):
        all_ids = [x.ids for x in self.tokenizer.encode_batch_fast(texts)]
        order = sorted(range(len(texts)), key=lambda i: len(all_ids[i]))
        out = numpy.empty((len(texts), 384), numpy.float32)
        for at in range(0, len(texts), BATCH):
            rows = order[at:at + BATCH]
            width = max(len(all_ids[i]) for i in rows)
            ids = numpy.zeros((len(rows), width), numpy.int64)
            mask = numpy.zeros_like(ids)
            for r, i in enumerate(rows):
                ids[r, :len(all_ids[i])] = all_ids[i]
                mask[r, :len(all_ids[i])] = 1
            states = self.session.run(None, {"input_ids": ids, "attention_mask": mask, "token_type_ids": ids * 0})[0]
            x = (states * mask[:, :, None]).sum(1) / mask.sum(1, keepdims=True)
            out[rows] = x / numpy.linalg.norm(x, axis=1, keepdims=True)
        return out


def ours(texts, name, vectors, *options):
    """A function for peers.compare; it leaves its vectors in vectors[name]."""
    many, one, out = (os.path.join(peers.DIR, f"encode-{x}") for x in ("texts.tsv", "one.tsv", "out.npy"))
    for path, some in (many, texts), (one, texts[:1]):
        with open(path, "w", encoding="utf-8", newline="\n") as f:
            f.writelines(f"{i}\t{text}\n" for i, text in enumerate(some))

    def run(path):
        return peers.timed(lambda: subprocess.run(["vec-encode", "-q", *options, "-o", out + ".vps", path], check=True))

    def function():
        seconds = -run(one)
        seconds += run(many)
        if name not in vectors:
            subprocess.run(["vec-convert", "-o", out, out + ".vps"], check=True)
            vectors[name] = numpy.load(out)
        return seconds

    return function


def bench(title, texts):
    f32_path, int8_path = export()
    st = sentence_transformers.SentenceTransformer(MODEL, device="cpu")
    ort, ort8 = Onnx(f32_path), Onnx(int8_path)
    vectors = {}

    def peer(name, encode):
        def function():
            def run():
                vectors[name] = encode(texts)
            return peers.timed(run)
        return function

    def autocast(some):
        with torch.autocast("cpu", torch.bfloat16):
            return st.encode(some, batch_size=BATCH)

    st_name, ort_name = f"sentence-transformers {sentence_transformers.__version__}", f"onnxruntime {onnxruntime.__version__}"

    def vecpipe(dtype):
        return ours(texts, dtype, vectors, "-m", MODEL, "--dtype", dtype)

    rate = peers.compare(f"encode: {title}, {len(texts)} texts; vecpipe in bf16", len(texts), "texts/s", vecpipe("bf16"), {
        "vecpipe f32": vecpipe("f32"), "vecpipe int8": vecpipe("int8"),
        f"{st_name} f32": peer("st", lambda some: st.encode(some, batch_size=BATCH)),
        f"{st_name} bf16": peer("st bf16", autocast),
        f"{ort_name} f32": peer("ort", ort.encode), f"{ort_name} int8": peer("ort int8", ort8.encode)})
    for what, mine, theirs, wanted, floor in [
            ("bf16 by sentence-transformers f32", "vecpipe", f"{st_name} f32", 5, 3),
            ("bf16 by sentence-transformers bf16 autocast", "vecpipe", f"{st_name} bf16", 2, 1.4),
            ("bf16 by onnxruntime f32", "vecpipe", f"{ort_name} f32", 1.8, 1.3),
            ("f32 by onnxruntime f32", "vecpipe f32", f"{ort_name} f32", 1.2, 1),
            ("int8 by onnxruntime dynamic int8", "vecpipe int8", f"{ort_name} int8", 1.2, 0.9)]:
        peers.target(what, rate[mine] / rate[theirs], wanted, floor)
    want = vectors["st"].astype(numpy.float64)
    for name, x in vectors.items():
        x = x.astype(numpy.float64)
        cosine = (x * want).sum(1) / numpy.linalg.norm(x, axis=1) / numpy.linalg.norm(want, axis=1)
        print(f"    cosine of {name:10s} mean {cosine.mean():.6f}, least {cosine.min():.6f}")


def static(passages):
    """Ours against model2vec on all of WordNet, with the same folder."""
    folder = peers.testdata("encoders/model2vec-64")
    if not folder:
        return
    model = model2vec.StaticModel.from_pretrained(folder)
    name = f"model2vec {model2vec.__version__}"
    rate = peers.compare(f"encode: static, WordNet, {len(passages)} texts", len(passages), "texts/s",
                         ours(passages, "static", {}, "-m", folder, "--empty", "skip"),
                         {name: lambda: peers.timed(lambda: model.encode(passages)),
                          name + ", 1 process": lambda: peers.timed(lambda: model.encode(passages, use_multiprocessing=False))})
    peers.target("static by model2vec at its fastest", rate["vecpipe"] / max(x for n, x in rate.items() if n != "vecpipe"), 6, 3)


def share():
    """BERT-base's layers with random weights."""
    dim, inner, layers, rows, positions = 768, 3072, 12, 1000, 512
    shapes = {"embeddings.word_embeddings.weight": (rows, dim), "embeddings.position_embeddings.weight": (positions, dim),
              "embeddings.token_type_embeddings.weight": (2, dim)}
    norms = ["embeddings.LayerNorm"]
    for i in range(layers):
        layer = f"encoder.layer.{i}."
        for name, n_out, n_in in [("attention.self.query", dim, dim), ("attention.self.key", dim, dim),
                                  ("attention.self.value", dim, dim), ("attention.output.dense", dim, dim),
                                  ("intermediate.dense", inner, dim), ("output.dense", dim, inner)]:
            shapes.update({f"{layer}{name}.weight": (n_out, n_in), f"{layer}{name}.bias": (n_out,)})
        norms += [layer + "attention.output.LayerNorm", layer + "output.LayerNorm"]
    shapes.update({f"{norm}.{part}": (dim,) for norm in norms for part in ("weight", "bias")})
    head, at = {}, 0
    for name, shape in shapes.items():
        size = 4 * int(numpy.prod(shape))
        head[name] = {"dtype": "F32", "shape": shape, "data_offsets": [at, at + size]}
        at += size
    head = json.dumps(head).encode()
    folder = os.path.join(peers.DIR, "encode-base")
    os.makedirs(folder, exist_ok=True)
    draw = numpy.random.default_rng(1)
    with open(folder + "/model.safetensors", "wb") as f:
        f.write(struct.pack("<Q", len(head)) + head)
        for name, shape in shapes.items():
            (draw.standard_normal(shape) * 0.03 + name.endswith("LayerNorm.weight")).astype("<f4").tofile(f)
    with open(folder + "/config.json", "w", encoding="utf-8") as f:
        json.dump({"model_type": "bert", "hidden_size": dim, "num_hidden_layers": layers, "num_attention_heads": 12,
                   "intermediate_size": inner, "vocab_size": rows, "max_position_embeddings": positions}, f)
    program = "build/tests/bench/encode_share"
    subprocess.run(["make", "-s", program], check=True)
    for tokens in 20, 128, 512:
        print(f"encode: BERT-base's shape, {tokens} tokens, share of the peak of bf16 products, 1 thread: ", end="", flush=True)
        line = subprocess.run([program, folder, str(tokens)], check=True, capture_output=True, text=True).stdout.strip()
        print(line)
        if tokens == 128:
            peers.target("share of the peak at 128 tokens, in percent", float(line.split()[-2]), 60, 60)


def main():
    share()
    if not os.path.exists(os.path.join(MODEL, "config.json")):
        print(f"{MODEL}: not present (VECPIPE_MODELS)")
        return
    torch.set_num_threads(peers.CPUS)
    if os.path.isdir("/usr/share/wordnet"):
        folder = os.path.join(peers.DIR, "wordnet-text")
        if not os.path.isdir(folder):
            subprocess.run(["text-convert", "-q", "-o", folder, "/usr/share/wordnet"], check=True)
        with open(os.path.join(folder, "passages.tsv"), encoding="utf-8") as f:
            lines = [line.rstrip("\n").split("\t")[1] for line in f]
        static(lines)
        bench("WordNet passages", lines[::len(lines) // N][:N])
    path = peers.testdata("scifact/corpus.tsv")
    if path:
        with open(path, encoding="utf-8") as f:
            bench("SciFact", [" ".join(line.rstrip("\n").split("\t")[1:]) for line in f][:N // 10])


main()
