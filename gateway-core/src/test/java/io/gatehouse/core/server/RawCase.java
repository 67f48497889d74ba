package io.gatehouse.core.server;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A case of {@code raw-requests.yaml}; what its fields mean stands there.
 *
 * @param send a character for each byte
 */
record RawCase(
        String it,
        String send,
        List<Integer> answers,
        boolean ends,
        boolean begun,
        boolean fin,
        boolean ignoreCase,
        List<String> sees,
        List<String> not) {
    private static final Set<Integer> LAST_STATUSES = Set.of(400, 405, 408, 414, 417, 431, 501, 505);
    private static final Set<String> FIELDS =
            Set.of("it", "of", "send", "each", "answers", "ends", "begun", "fin", "ignore-case", "sees", "not");
    private static final Pattern TIMES = Pattern.compile("\\{([^{}]+)\\*(\\d+)}");

    static List<RawCase> all() {
        List<RawCase> all = new ArrayList<>();
        try (InputStream in = Objects.requireNonNull(RawCase.class.getResourceAsStream("raw-requests.yaml"))) {
            for (JsonNode node : new YAMLMapper().readTree(in)) {
                node.fieldNames().forEachRemaining(field -> {
                    if (!FIELDS.contains(field)) {
                        throw new IllegalArgumentException(node.path("it") + ": no field " + field);
                    }
                });
                if (node.has("each")) {
                    node.path("each").forEach(value -> all.add(of(node, value.asText())));
                } else {
                    all.add(of(node, ""));
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return all;
    }

    private static RawCase of(JsonNode node, String value) {
        List<Integer> answers = new ArrayList<>();
        if (node.path("answers").isInt()) {
            answers.add(node.path("answers").asInt());
        } else {
            node.path("answers").forEach(status -> answers.add(status.asInt()));
        }
        return new RawCase(
                node.path("it").asText().replace("{}", printable(value)),
                expanded(node.path("send").asText(), value),
                answers,
                node.path("ends").asBoolean(),
                node.path("begun").asBoolean(),
                node.path("fin").asBoolean(),
                node.path("ignore-case").asBoolean(),
                texts(node.path("sees"), value),
                texts(node.path("not"), value));
    }

    private static List<String> texts(JsonNode nodes, String value) {
        List<String> texts = new ArrayList<>();
        nodes.forEach(node -> texts.add(expanded(node.asText(), value)));
        return texts;
    }

    private static String expanded(String text, String value) {
        Matcher times = TIMES.matcher(text.replace("{}", value));
        return times.replaceAll(
                found -> Matcher.quoteReplacement(found.group(1).repeat(Integer.parseInt(found.group(2)))));
    }

    private static String printable(String value) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < value.length(); i++) {
            char c = value.charAt(i);
            text.append(
                    switch (c) {
                        case '\r' -> "\\r";
                        case '\n' -> "\\n";
                        case '\t' -> "\\t";
                        default -> c >= ' ' && c < 0x7f ? String.valueOf(c) : "\\x%02x".formatted((int) c);
                    });
        }
        return text.length() > 60 ? text.substring(0, 60) + "..." : text.toString();
    }

    /** Whether the gateway looks at nothing that stands behind. */
    boolean isLast() {
        return ends || fin || !answers.isEmpty() && LAST_STATUSES.contains(answers.get(answers.size() - 1));
    }
}
