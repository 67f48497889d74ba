package io.gatehouse.core.config;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.io.JsonStringEncoder;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * Trees as JSON: what the Admin API is sent, and what the state file keeps. What a variable put in is told apart, since its
 * type is for the field to say. Stateless.
 */
public final class JsonTree {
    private static final JsonFactory JSON = JsonFactory.builder()
            .streamReadConstraints(StreamReadConstraints.builder()
                    .maxNestingDepth(YamlReader.DEPTH)
                    .maxStringLength(ConfigText.LARGEST)
                    .build())
            .build();

    /** Stands for a text that a variable put in, and its source; a map that has this one key itself gets one dollar more. */
    private static final String PUT_IN = "$";

    private JsonTree() {}

    /** A text that is JSON's, and no other one's. */
    public static final class HalfException extends IOException {
        private static final long serialVersionUID = 1L;
        private final String path;

        private HalfException(String path) {
            super(Scalars.HALF);
            this.path = path;
        }

        /** Where it stands. */
        public String path() {
            return path;
        }
    }

    private static String whole(String text, String path) throws HalfException {
        if (Scalars.isHalf(text)) {
            throw new HalfException(path);
        }
        return text;
    }

    /**
     * Reads one JSON value.
     *
     * @param at where problems are said to be
     * @param putIn whether it was written by {@link #write}
     * @throws IOException when it is not JSON; the message shows nothing of it
     */
    public static ConfigNode read(String text, Location at, boolean putIn) throws IOException {
        try (JsonParser parser = JSON.createParser(text)) {
            parser.nextToken();
            ConfigNode node = node(parser, at, "", putIn);
            if (parser.nextToken() != null) {
                throw new IOException("more than one JSON value");
            }
            return node;
        }
    }

    private static ConfigNode node(JsonParser parser, Location at, String path, boolean putIn) throws IOException {
        JsonToken token = parser.currentToken();
        if (token == null) {
            throw new IOException("no JSON value");
        }
        return switch (token) {
            case START_OBJECT -> mapping(parser, at, path, putIn);
            case START_ARRAY -> {
                List<ConfigNode> items = new ArrayList<>();
                while (parser.nextToken() != JsonToken.END_ARRAY) {
                    items.add(node(parser, at, path + "[" + items.size() + "]", putIn));
                }
                yield new ConfigNode.Sequence(at, path, items);
            }
            case VALUE_STRING -> ConfigNode.string(at, path, whole(parser.getText(), path));
            case VALUE_NUMBER_INT -> scalar(parser, at, path, ConfigNode.Type.INTEGER);
            case VALUE_NUMBER_FLOAT -> scalar(parser, at, path, ConfigNode.Type.NUMBER);
            case VALUE_TRUE, VALUE_FALSE -> scalar(parser, at, path, ConfigNode.Type.BOOLEAN);
            case VALUE_NULL -> scalar(parser, at, path, ConfigNode.Type.NULL);
            default -> throw new IOException("not JSON");
        };
    }

    private static ConfigNode scalar(JsonParser parser, Location at, String path, ConfigNode.Type type)
            throws IOException {
        return new ConfigNode.Scalar(at, path, parser.getText(), null, type, false);
    }

    private static ConfigNode mapping(JsonParser parser, Location at, String path, boolean putIn) throws IOException {
        List<ConfigNode.Entry> entries = new ArrayList<>();
        while (parser.nextToken() != JsonToken.END_OBJECT) {
            String name = whole(parser.currentName(), path);
            parser.nextToken();
            entries.add(new ConfigNode.Entry(name, at, node(parser, at, ConfigNode.child(path, name), putIn)));
        }
        if (putIn && entries.size() == 1 && entries.get(0).name().startsWith(PUT_IN)) {
            ConfigNode.Entry only = entries.get(0);
            if (only.name().equals(PUT_IN)
                    && only.value() instanceof ConfigNode.Sequence both
                    && both.items().size() == 2
                    && both.items().get(0) instanceof ConfigNode.Scalar value
                    && both.items().get(1) instanceof ConfigNode.Scalar source) {
                return new ConfigNode.Scalar(at, path, value.text(), source.text(), ConfigNode.Type.STRING, false);
            }
            String name = only.name().substring(1);
            ConfigNode own = only.value().at(ConfigNode.child(path, name));
            return new ConfigNode.Mapping(at, path, List.of(new ConfigNode.Entry(name, at, own)));
        }
        return new ConfigNode.Mapping(at, path, entries);
    }

    /** Writes a tree on one line. */
    public static void write(StringBuilder out, ConfigNode node) {
        if (node instanceof ConfigNode.Mapping mapping) {
            boolean only = mapping.entries().size() == 1;
            out.append('{');
            boolean first = true;
            for (ConfigNode.Entry entry : mapping.entries()) {
                if (!first) {
                    out.append(',');
                }
                first = false;
                string(out, only && entry.name().startsWith(PUT_IN) ? PUT_IN + entry.name() : entry.name());
                out.append(':');
                write(out, entry.value());
            }
            out.append('}');
        } else if (node instanceof ConfigNode.Sequence sequence) {
            out.append('[');
            for (int i = 0; i < sequence.items().size(); i++) {
                if (i > 0) {
                    out.append(',');
                }
                write(out, sequence.items().get(i));
            }
            out.append(']');
        } else {
            scalar(out, (ConfigNode.Scalar) node);
        }
    }

    private static void scalar(StringBuilder out, ConfigNode.Scalar scalar) {
        if (scalar.fromVariable() && scalar.type() == ConfigNode.Type.STRING) {
            out.append("{\"$\":[");
            string(out, scalar.text());
            out.append(',');
            string(out, scalar.source());
            out.append("]}");
            return;
        }
        switch (scalar.type()) {
            case NULL -> out.append("null");
            case BOOLEAN -> out.append(scalar.asBoolean());
            // numbers of YAML have forms that JSON has not
            case INTEGER, NUMBER -> {
                Object number = scalar.toData();
                boolean odd = number instanceof Double value && (value.isNaN() || value.isInfinite());
                if (odd || number == null) {
                    string(out, scalar.text());
                } else {
                    out.append(number);
                }
            }
            case STRING -> string(out, scalar.text());
        }
    }

    private static void string(StringBuilder out, String text) {
        out.append('"');
        JsonStringEncoder.getInstance().quoteAsString(text, out);
        out.append('"');
    }
}
