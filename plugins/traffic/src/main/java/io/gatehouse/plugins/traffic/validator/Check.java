package io.gatehouse.plugins.traffic.validator;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;

/** What a JSON value must be. Any thread. */
interface Check {
    /** What is wrong with a value; empty when nothing is. */
    List<Violation> violations(JsonNode value);

    /**
     * One thing that is wrong.
     *
     * @param path where, as a JSON pointer; empty for the value as a whole
     * @param message what was expected
     */
    record Violation(String path, String message) {}
}
