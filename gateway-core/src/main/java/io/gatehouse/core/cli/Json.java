package io.gatehouse.core.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import java.util.Map;

/** Results for programs. Stateless. */
final class Json {
    private static final ObjectMapper MAPPER = new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);

    private Json() {}

    /** Indented, with a line break at the end. */
    static String text(Map<String, ?> data) {
        try {
            return MAPPER.writeValueAsString(data) + "\n";
        } catch (JsonProcessingException mapsAlwaysWrite) {
            throw new IllegalStateException(mapsAlwaysWrite);
        }
    }
}
