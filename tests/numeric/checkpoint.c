/* checkpoint NAME DIR - a model folder of random weights in the shape of a real encoder, and DIR/texts.tsv to encode with it.
 *
 * A weight is u * s (u uniform in [-1, 1), 24 bits, s a power of two), a scale of LayerNorm 1 + u / 4: exact in f32, so that the
 * folder is the same on every machine, and the vectors in NAME.npy, which `reference` had from transformers, are its vectors.
 * Scores of attention are of a few units, as in trained models.  With no name: the names. */
#include "base/rng.h"
#include "../unit/transformer_made.h"

#include <sys/stat.h>

enum { N_WORDS = 997 };
static const size_t lengths[] = {1, 2, 15, 62, 131, 333, 600};       /* words; the last is cut off */

static const struct shape {
    const char *name, *act;
    struct transformer_config config;
} shapes[] = {
    {"minilm-384x12", "gelu", {.dim = 384, .n_heads = 12, .inner = 1536, .n_layers = 4, .pool = TRANSFORMER_MEAN}},
    {"base-768x12", "gelu", {.dim = 768, .n_heads = 12, .inner = 3072, .n_layers = 3, .pool = TRANSFORMER_CLS}},
    {"odd-627x11", "gelu_new", {.dim = 627, .n_heads = 11, .inner = 2509, .n_layers = 3, .pool = TRANSFORMER_MAX}},
    {"xlmr-1024x16", "gelu", {.kind = TRANSFORMER_XLM_ROBERTA, .dim = 1024, .n_heads = 16, .inner = 4096, .n_layers = 2,
                              .pool = TRANSFORMER_CLS}},
    {"xlmr-odd-871x13", "relu", {.kind = TRANSFORMER_XLM_ROBERTA, .dim = 871, .n_heads = 13, .inner = 3485, .n_layers = 2,
                                 .pool = TRANSFORMER_MEAN}},
};

static const char *dir;

static FILE *file(const char *name)
{
    char path[4200];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    FILE *f = fopen(path, "w");
    if (!f)
        scratch_die(path);
    return f;
}

static void end(FILE *f)
{
    if (fclose(f) != 0)
        scratch_die(dir);
}

/* The weights of tensor number i. */
static void fill(float *x, const struct tensor *t, size_t i)
{
    float spread = 1;
    bool is_scale = strstr(t->name, "LayerNorm.weight");
    while (t->n_dims == 2 && (double)t->shape[1] * spread * spread > 6)
        spread /= 2;
    if (t->n_dims == 1)
        spread = 0.25f;
    enum { PART = 4096 };
    uint32_t words[PART];
    for (size_t at = 0; at < t->n; at += PART) {
        size_t n = t->n - at < PART ? t->n - at : PART;
        rng_words(1, RNG_TEST, i, at, words, n);
        for (size_t j = 0; j < n; j++)
            x[at + j] = (float)is_scale + spread * ((float)((int32_t)(words[j] >> 8) - (1 << 23)) * 0x1p-23f);
    }
}

static void write_weights(const struct transformer_config *c)
{
    struct err err = {0};
    struct transformer_made m = {.n = 0};
    struct output *out = NULL;
    char path[4200];
    snprintf(path, sizeof path, "%s/model.safetensors", dir);
    transformer_made_tensors(&m, c);
    CHECK_OK(output_open(&out, path, false, &err), &err);
    CHECK_OK(safetensors_write_header(out, m.tensors, m.n, &err), &err);
    for (size_t i = 0; i < m.n; i++) {
        struct tensor *t = &m.tensors[i];
        float *x = malloc(t->n * sizeof *x);
        if (!x)
            scratch_die(path);
        fill(x, t, i);
        CHECK_OK(output_write(out, x, t->n * sizeof *x, &err), &err);
        free(x);
        free(t->name);
    }
    CHECK_OK(output_commit(out, &err), &err);
    output_free(out);
}

static void write_config(const struct shape *s)
{
    const struct transformer_config *c = &s->config;
    bool bert = c->kind == TRANSFORMER_BERT;
    FILE *f = file("config.json");
    fprintf(f, "{\"model_type\": \"%s\", \"architectures\": [\"%s\"], \"hidden_size\": %zu, \"num_hidden_layers\": %zu, "
            "\"num_attention_heads\": %zu, \"intermediate_size\": %zu, \"vocab_size\": %zu, \"max_position_embeddings\": %zu, "
            "\"type_vocab_size\": %zu, \"hidden_act\": \"%s\", \"layer_norm_eps\": %s, \"pad_token_id\": %d}\n",
            bert ? "bert" : "xlm-roberta", bert ? "BertModel" : "XLMRobertaModel", c->dim, c->n_layers, c->n_heads, c->inner,
            c->n_rows, c->n_positions, c->n_types, s->act, bert ? "1e-12" : "1e-05", bert ? 0 : 1);
    end(f);
    f = file("modules.json");
    static const char *const steps[] = {"Transformer", "Pooling", "Normalize"};
    for (int i = 0; i < 3; i++)
        fprintf(f, "%s{\"idx\": %d, \"name\": \"%d\", \"path\": \"%s\", \"type\": \"sentence_transformers.models.%s\"}",
                i ? ", " : "[", i, i, i == 1 ? "1_Pooling" : i == 2 ? "2_Normalize" : "", steps[i]);
    fprintf(f, "]\n");
    end(f);
    f = file("1_Pooling/config.json");
    fprintf(f, "{\"word_embedding_dimension\": %zu, \"pooling_mode_cls_token\": %s, \"pooling_mode_mean_tokens\": %s, "
            "\"pooling_mode_max_tokens\": %s}\n", c->dim, c->pool == TRANSFORMER_CLS ? "true" : "false",
            c->pool == TRANSFORMER_MEAN ? "true" : "false", c->pool == TRANSFORMER_MAX ? "true" : "false");
    end(f);
}

/* Words "w0", "w1", ... and what a model of the kind has before them. */
static size_t write_vocabulary(enum transformer_kind kind)
{
    static const char *const bert[] = {"[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"},
                      *const xlmr[] = {"<s>", "<pad>", "</s>", "<unk>"};
    FILE *f = file(kind == TRANSFORMER_BERT ? "vocab.txt" : "tokenizer.json");
    if (kind == TRANSFORMER_BERT) {
        for (size_t i = 0; i < 5; i++)
            fprintf(f, "%s\n", bert[i]);
        for (size_t i = 0; i < N_WORDS; i++)
            fprintf(f, "w%zu\n", i);
        end(f);
        f = file("tokenizer_config.json");
        fprintf(f, "{\"tokenizer_class\": \"BertTokenizer\", \"do_lower_case\": true, \"model_max_length\": 512}\n");
        end(f);
        return 5 + N_WORDS;
    }
    fprintf(f, "{\"version\": \"1.0\", \"truncation\": null, \"padding\": null, \"added_tokens\": [");
    for (size_t i = 0; i < 4; i++)
        fprintf(f, "%s{\"id\": %zu, \"content\": \"%s\", \"single_word\": false, \"lstrip\": false, \"rstrip\": false, "
                "\"normalized\": false, \"special\": true}", i ? ", " : "", i, xlmr[i]);
    fprintf(f, "], \"normalizer\": null, \"decoder\": null, \"pre_tokenizer\": "
            "{\"type\": \"Metaspace\", \"replacement\": \"▁\", \"prepend_scheme\": \"always\", \"split\": true}, "
            "\"post_processor\": {\"type\": \"TemplateProcessing\", "
            "\"single\": [{\"SpecialToken\": {\"id\": \"<s>\", \"type_id\": 0}}, "
            "{\"Sequence\": {\"id\": \"A\", \"type_id\": 0}}, {\"SpecialToken\": {\"id\": \"</s>\", \"type_id\": 0}}], "
            "\"pair\": [{\"Sequence\": {\"id\": \"A\", \"type_id\": 0}}, {\"Sequence\": {\"id\": \"B\", \"type_id\": 0}}], "
            "\"special_tokens\": {\"</s>\": {\"id\": \"</s>\", \"ids\": [2], \"tokens\": [\"</s>\"]}, "
            "\"<s>\": {\"id\": \"<s>\", \"ids\": [0], \"tokens\": [\"<s>\"]}}}, "
            "\"model\": {\"type\": \"Unigram\", \"unk_id\": 3, \"vocab\": [");
    for (size_t i = 0; i < 4; i++)
        fprintf(f, "[\"%s\", 0.0], ", xlmr[i]);
    for (size_t i = 0; i < N_WORDS; i++)
        fprintf(f, "[\"▁w%zu\", -7.0]%s", i, i + 1 < N_WORDS ? ", " : "]}}\n");
    end(f);
    f = file("tokenizer_config.json");
    fprintf(f, "{\"tokenizer_class\": \"PreTrainedTokenizerFast\", \"model_max_length\": 512}\n");
    end(f);
    return 4 + N_WORDS;
}

static void write_texts(void)
{
    FILE *f = file("texts.tsv");
    uint64_t word = 0;
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        fprintf(f, "%zu\t", i);
        for (size_t j = 0; j < lengths[i]; j++)
            fprintf(f, "%sw%d", j ? " " : "", (int)rng_below(2, RNG_TEST, word++, N_WORDS));
        fprintf(f, "\n");
    }
    end(f);
}

int main(int argc, char **argv)
{
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        struct shape s = shapes[i];
        if (argc != 3) {
            puts(s.name);
            continue;
        }
        if (strcmp(argv[1], s.name) != 0)
            continue;
        bool bert = s.config.kind == TRANSFORMER_BERT;
        char pooling[4200];
        dir = argv[2];
        snprintf(pooling, sizeof pooling, "%s/1_Pooling", dir);
        if (mkdir(dir, 0777) != 0 || mkdir(pooling, 0777) != 0)
            scratch_die(dir);
        s.config.n_rows = write_vocabulary(s.config.kind);
        s.config.n_positions = bert ? 512 : 514;
        s.config.n_types = bert ? 2 : 1;
        write_config(&s);
        write_weights(&s.config);
        write_texts();
        return check_failures != 0;
    }
    return argc == 3;
}
