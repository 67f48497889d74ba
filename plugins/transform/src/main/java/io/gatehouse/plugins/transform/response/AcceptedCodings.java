package io.gatehouse.plugins.transform.response;

import io.gatehouse.api.body.ContentCoding;
import io.vertx.core.MultiMap;
import java.util.List;

/** What an upstream is told of the codings that its client takes, where the answer is read on its way. */
final class AcceptedCodings {
    private static final String NAME = "Accept-Encoding";

    private AcceptedCodings() {}

    /** Leaves only codings that can be undone. */
    static void restrict(MultiMap headers) {
        List<String> lines = headers.getAll(NAME);
        if (lines.isEmpty()) {
            return;
        }
        StringBuilder kept = new StringBuilder();
        for (String line : lines) {
            for (String element : line.split(",", -1)) {
                int end = element.indexOf(';');
                String coding = (end < 0 ? element : element.substring(0, end)).strip();
                if (!coding.isEmpty() && ContentCoding.of(coding) != null) {
                    kept.append(kept.isEmpty() ? "" : ", ").append(element.strip());
                }
            }
        }
        headers.set(NAME, kept.isEmpty() ? "identity" : kept.toString());
    }
}
