package io.gatehouse.simulator;

import com.fasterxml.jackson.databind.JsonNode;
import io.vertx.core.buffer.Buffer;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Base64;
import java.util.Locale;

/**
 * Answers of {@code /v1/embeddings}: bags of words, so that texts which share words are near each other.
 * Each word, in lower case, adds plus or minus 1 at eight places that follow from its hash; the sum is
 * scaled to length 1.
 */
final class EmbeddingsAnswer implements Answer {
    private static final int PLACES = 8;

    private final LlmRequest request;
    private final Behaviour.Usage usage;
    private final int dimensions;
    private final boolean base64;

    EmbeddingsAnswer(LlmRequest request, Behaviour.Usage usage) throws ApiError {
        this.request = request;
        this.usage = usage;
        int usual = request.model.equals("text-embedding-3-large")
                ? 3072
                : request.model.startsWith("mistral") ? 1024 : 1536;
        dimensions = LlmRequest.number(request.tree, "dimensions", usual, 1, 16_384);
        base64 = request.tree.path("encoding_format").asText("float").equals("base64");
    }

    @Override
    public Buffer body() {
        StringBuilder out = new StringBuilder(request.inputs.size() * dimensions * 10 + 256);
        out.append("{\"object\":\"list\",\"data\":[");
        int index = 0;
        for (JsonNode input : request.inputs) {
            out.append(index == 0 ? "" : ",")
                    .append("{\"object\":\"embedding\",\"index\":")
                    .append(index++);
            out.append(",\"embedding\":");
            float[] vector = vector(input.isTextual() ? input.textValue() : input.toString());
            if (base64) {
                ByteBuffer bytes = ByteBuffer.allocate(dimensions * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
                bytes.asFloatBuffer().put(vector);
                out.append('"')
                        .append(Base64.getEncoder().encodeToString(bytes.array()))
                        .append('"');
            } else {
                for (int i = 0; i < dimensions; i++) {
                    out.append(i == 0 ? '[' : ',').append(vector[i]);
                }
                out.append(']');
            }
            out.append('}');
        }
        Json.quote(out.append("],\"model\":"), Models.answering(request.model));
        if (usage != Behaviour.Usage.OMITTED) {
            UsageJson.embedding(out.append(",\"usage\":"), usage, request.promptTokens);
        }
        return Buffer.buffer(out.append('}').toString());
    }

    private float[] vector(String text) {
        float[] vector = new float[dimensions];
        int length = text.length();
        int i = 0;
        while (i < length) {
            while (i < length && Character.isWhitespace(text.charAt(i))) {
                i++;
            }
            int start = i;
            while (i < length && !Character.isWhitespace(text.charAt(i))) {
                i++;
            }
            if (i > start) {
                long bits = text.substring(start, i).toLowerCase(Locale.ROOT).hashCode();
                for (int place = 0; place < PLACES; place++) {
                    bits = Ids.mix(bits + place);
                    vector[(int) Long.remainderUnsigned(bits, dimensions)] += bits < 0 ? -1 : 1;
                }
            }
        }
        double square = 0;
        for (float one : vector) {
            square += one * one;
        }
        if (square == 0) {
            vector[0] = 1;
            return vector;
        }
        float scale = (float) (1 / Math.sqrt(square));
        for (int k = 0; k < dimensions; k++) {
            vector[k] *= scale;
        }
        return vector;
    }

    @Override
    public int events() {
        return 0;
    }

    @Override
    public Buffer event(int index) {
        throw new IndexOutOfBoundsException(index);
    }

    @Override
    public long completionTokens(int events) {
        return 0;
    }

    @Override
    public long completionTokens() {
        return 0;
    }
}
