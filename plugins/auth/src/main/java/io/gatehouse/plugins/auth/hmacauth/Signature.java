package io.gatehouse.plugins.auth.hmacauth;

import io.gatehouse.api.WireText;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a client says about its signature.
 *
 * @param headers what is signed, in this order
 * @param text the signature itself, in base64
 */
record Signature(String username, String algorithm, List<String> headers, String text) {
    Signature {
        headers = List.copyOf(headers);
    }

    /**
     * Reads parameters in any order: {@code name="value"}, with commas between them.
     *
     * @return null unless all four are there, once each
     */
    static @Nullable Signature of(@Nullable String parameters) {
        if (parameters == null) {
            return null;
        }
        String username = null;
        String algorithm = null;
        String headers = null;
        String text = null;
        int at = 0;
        while (true) {
            int equals = parameters.indexOf("=\"", at);
            int end = equals < 0 ? -1 : parameters.indexOf('"', equals + 2);
            if (end < 0 || end == equals + 2) {
                return null;
            }
            String value = parameters.substring(equals + 2, end);
            boolean first;
            switch (parameters.substring(at, equals)) {
                case "username" -> {
                    first = username == null;
                    username = value;
                }
                case "algorithm" -> {
                    first = algorithm == null;
                    algorithm = value;
                }
                case "headers" -> {
                    first = headers == null;
                    headers = value;
                }
                case "signature" -> {
                    first = text == null;
                    text = value;
                }
                default -> first = false;
            }
            if (!first) {
                return null;
            }
            at = skipSpace(parameters, end + 1);
            if (at == parameters.length()) {
                break;
            }
            if (parameters.charAt(at) != ',') {
                return null;
            }
            at = skipSpace(parameters, at + 1);
        }
        return username == null || algorithm == null || headers == null || text == null
                ? null
                : new Signature(WireText.decode(username), algorithm, List.of(headers.split(" ", -1)), text);
    }

    private static int skipSpace(String text, int from) {
        int at = from;
        while (at < text.length() && Character.isWhitespace(text.charAt(at))) {
            at++;
        }
        return at;
    }
}
