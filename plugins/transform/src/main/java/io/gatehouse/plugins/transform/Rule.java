package io.gatehouse.plugins.transform;

import io.gatehouse.api.config.Problems;
import java.util.List;
import java.util.regex.Pattern;

/**
 * One entry of a transformer's list.
 *
 * @param name what stands before the first colon
 * @param value what stands behind it, and behind further colons that follow at once; empty when there is nothing
 */
public record Rule(String name, String value) {
    private static final Pattern HEADER_NAME = Pattern.compile("[A-Za-z0-9_-]+");

    /** Reads an entry. */
    public static Rule of(String entry) {
        int colon = entry.indexOf(':');
        if (colon < 0) {
            return new Rule(entry, "");
        }
        int value = colon;
        while (value < entry.length() && entry.charAt(value) == ':') {
            value++;
        }
        return new Rule(entry.substring(0, colon), entry.substring(value));
    }

    /** Reads all entries. */
    public static Rule[] all(List<String> entries) {
        return entries.stream().map(Rule::of).toArray(Rule[]::new);
    }

    /** Whether there is something behind the colon. */
    public boolean hasValue() {
        return !value.isEmpty();
    }

    /** Checks names of headers, each with a colon and something behind it or not. */
    public static void checkHeaders(
            String path, List<String> entries, boolean pairs, boolean valueIsName, Problems problems) {
        for (int i = 0; i < entries.size(); i++) {
            Rule rule = of(entries.get(i));
            String at = path + "[" + i + "]";
            if (pairs && entries.get(i).indexOf(':') <= 0) {
                problems.add(at, "invalid value: " + entries.get(i) + " (expected: name:value)");
            } else if (!HEADER_NAME.matcher(rule.name).matches()) {
                problems.add(at, "'" + rule.name + "' is not a valid header");
            } else if (valueIsName && !HEADER_NAME.matcher(rule.value).matches()) {
                problems.add(at, "'" + rule.value + "' is not a valid header");
            } else if (!valueIsName && rule.value.chars().anyMatch(c -> c < 0x20 && c != '\t' || c == 0x7F)) {
                problems.add(at, "the value has a control character (expected: one line of text)");
            }
        }
    }

    /** Checks names that need something behind the colon. */
    public static void checkPairs(String path, List<String> entries, Problems problems) {
        for (int i = 0; i < entries.size(); i++) {
            Rule rule = of(entries.get(i));
            if (rule.name.isEmpty() || !rule.hasValue()) {
                problems.add(path + "[" + i + "]", "key '" + rule.name + "' has no value");
            }
        }
    }
}
