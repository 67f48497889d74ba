package io.gatehouse.plugins.traffic.validator;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;

/**
 * Reads JSON such that nobody can read it otherwise: a member that stands twice is an error, and so is what follows the
 * value. Nesting is limited, since schemas are checked by recursion.
 */
final class Json {
    private static final int MAX_DEPTH = 200;

    static final ObjectMapper MAPPER = JsonMapper.builder(JsonFactory.builder()
                    .streamReadConstraints(StreamReadConstraints.builder()
                            .maxNestingDepth(MAX_DEPTH)
                            .build())
                    .build())
            .enable(DeserializationFeature.FAIL_ON_READING_DUP_TREE_KEY)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
            .build();

    private static final ObjectReader TREES = MAPPER.readerFor(JsonNode.class);

    private Json() {}

    /**
     * Reads a value.
     *
     * @throws IllegalArgumentException when it is none; the message says where and why, and holds nothing of the text
     */
    static JsonNode read(byte[] bytes) {
        try {
            JsonNode value = TREES.readTree(bytes);
            if (value.isMissingNode()) {
                throw new IllegalArgumentException("no JSON (expected: a JSON value)");
            }
            return value;
        } catch (JsonProcessingException e) {
            String place = e.getLocation() == null
                    ? ""
                    : " at line " + e.getLocation().getLineNr() + ", column "
                            + e.getLocation().getColumnNr();
            throw new IllegalArgumentException("no valid JSON" + place, e);
        } catch (IOException e) {
            throw new IllegalArgumentException("no valid JSON", e);
        }
    }
}
