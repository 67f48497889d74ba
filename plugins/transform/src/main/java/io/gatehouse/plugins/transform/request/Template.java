package io.gatehouse.plugins.transform.request;

import io.gatehouse.api.WireText;
import io.gatehouse.plugins.support.HeaderName;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * A value with references in it, such as {@code /v2/$(uri_captures.id or 'none')}. Kong runs Lua there; this is the part of
 * Lua that needs none: references, {@code or}, and texts. Immutable.
 */
final class Template {
    /** What references are read from, as {@link WireText} encodes it; each gives null for what is not there. */
    interface Source {
        @Nullable
        String header(HeaderName name);

        @Nullable
        String queryParam(String name);

        @Nullable
        String uriCapture(String name);
    }

    private interface Piece {
        @Nullable
        String value(Source source);
    }

    private final String text;
    private final Piece[] pieces;
    private final boolean readsHeaders;

    private Template(String text, List<Piece> pieces, boolean readsHeaders) {
        this.text = text;
        this.pieces = pieces.toArray(Piece[]::new);
        this.readsHeaders = readsHeaders;
    }

    /**
     * Reads a template.
     *
     * @throws IllegalArgumentException saying what is not supported
     */
    static Template of(String text) {
        List<Piece> pieces = new ArrayList<>();
        boolean readsHeaders = false;
        int from = 0;
        while (true) {
            int open = text.indexOf("$(", from);
            int close = open < 0 ? -1 : closing(text, open + 1);
            if (close < 0) {
                literal(text.substring(from), pieces);
                return new Template(text, pieces, readsHeaders);
            }
            literal(text.substring(from, open), pieces);
            Expression expression = new Expression(text.substring(open + 2, close));
            pieces.add(expression.parse());
            readsHeaders |= expression.readsHeaders;
            from = close + 1;
        }
    }

    private static void literal(String text, List<Piece> pieces) {
        if (!text.isEmpty()) {
            String bytes = WireText.encode(text);
            pieces.add(source -> bytes);
        }
    }

    /** The parenthesis that closes the one at this place, or -1: as Kong counts them, texts or not. */
    private static int closing(String text, int open) {
        int depth = 0;
        for (int i = open; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '(') {
                depth++;
            } else if (c == ')' && --depth == 0) {
                return i;
            }
        }
        return -1;
    }

    /** Whether a reference leads to a header. */
    boolean readsHeaders() {
        return readsHeaders;
    }

    /** The text with all references filled in, with nothing for what is not there. */
    String text(Source source) {
        return filled(source, WireText::decode); // each alone: what is no UTF-8 in one leaves the others as they are
    }

    /** The same, encoded as a header has it: what comes from one header into another keeps its bytes. */
    String render(Source source) {
        return filled(source, UnaryOperator.identity());
    }

    private String filled(Source source, UnaryOperator<String> form) {
        if (pieces.length == 1) {
            String value = pieces[0].value(source);
            return value == null ? "" : form.apply(value);
        }
        StringBuilder rendered = new StringBuilder(text.length() + 32);
        for (Piece piece : pieces) {
            String value = piece.value(source);
            if (value != null) {
                rendered.append(form.apply(value));
            }
        }
        return rendered.toString();
    }

    @Override
    public String toString() {
        return text;
    }

    /** The parser of what stands in one pair of parentheses. */
    private static final class Expression {
        private final String lua;
        private int at;
        private boolean readsHeaders;

        private Expression(String lua) {
            this.lua = lua;
        }

        private Piece parse() {
            List<Piece> choices = new ArrayList<>();
            choices.add(term());
            while (skipBlanks()) {
                if (!"or".equals(word())) {
                    throw unsupported();
                }
                choices.add(term());
            }
            if (choices.size() == 1) {
                return choices.get(0);
            }
            return source -> {
                for (Piece choice : choices) {
                    String value = choice.value(source);
                    if (value != null) {
                        return value;
                    }
                }
                return null;
            };
        }

        private Piece term() {
            if (!skipBlanks()) {
                throw unsupported();
            }
            char c = lua.charAt(at);
            if (c == '\'' || c == '"') {
                String bytes = WireText.encode(quoted());
                return source -> bytes;
            }
            String table = word();
            boolean captures = table.equals("uri_captures");
            String key = key(captures);
            readsHeaders |= table.equals("headers");
            return switch (table) {
                case "headers" -> {
                    HeaderName name = HeaderName.of(key);
                    yield source -> source.header(name);
                }
                case "query_params" -> source -> source.queryParam(key);
                case "uri_captures" -> source -> source.uriCapture(key);
                default -> throw unsupported();
            };
        }

        private String key(boolean numbers) {
            if (at < lua.length() && lua.charAt(at) == '.') {
                at++;
                String name = word();
                if (!name.isEmpty() && !Character.isDigit(name.charAt(0))) {
                    return name;
                }
                throw unsupported();
            }
            if (at >= lua.length() || lua.charAt(at) != '[') {
                throw unsupported();
            }
            at++;
            skipBlanks();
            String key;
            if (at < lua.length() && (lua.charAt(at) == '\'' || lua.charAt(at) == '"')) {
                key = quoted();
            } else {
                key = word();
                if (!numbers || !key.matches("0|[1-9][0-9]{0,2}")) {
                    throw unsupported();
                }
            }
            if (!skipBlanks() || lua.charAt(at) != ']') {
                throw unsupported();
            }
            at++;
            return key;
        }

        private String word() {
            int from = at;
            while (at < lua.length() && (Character.isLetterOrDigit(lua.charAt(at)) || lua.charAt(at) == '_')) {
                at++;
            }
            return lua.substring(from, at);
        }

        private String quoted() {
            char quote = lua.charAt(at);
            StringBuilder text = new StringBuilder();
            for (at++; at < lua.length(); at++) {
                char c = lua.charAt(at);
                if (c == quote) {
                    at++;
                    return text.toString();
                }
                if (c == '\\') {
                    at++;
                    if (at >= lua.length() || "\\'\"".indexOf(lua.charAt(at)) < 0) {
                        throw unsupported();
                    }
                    c = lua.charAt(at);
                }
                text.append(c);
            }
            throw unsupported();
        }

        /** Whether there is more. */
        private boolean skipBlanks() {
            while (at < lua.length() && lua.charAt(at) <= ' ') {
                at++;
            }
            return at < lua.length();
        }

        private IllegalArgumentException unsupported() {
            return new IllegalArgumentException(
                    "value '$(" + lua + ")' is not in supported format (expected: headers.x, query_params.x or"
                            + " uri_captures.x, also as ['x'], 'text', and or between them; no other Lua)");
        }
    }
}
