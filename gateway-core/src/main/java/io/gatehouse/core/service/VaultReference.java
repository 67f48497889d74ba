package io.gatehouse.core.service;

import io.gatehouse.core.config.ConfigText;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A vault reference, <code>{vault://name/resource[/key][?field=value][#version]}</code>, taken apart by Kong's rules: a path
 * of one segment is the resource; of a longer one the last segment is the key, unless it ends in {@code /}. Immutable.
 *
 * @param vault the type of a vault or the prefix of a vault entity
 * @param path the whole path, decoded
 * @param resource what is looked up, decoded
 * @param key the member of a JSON resource that is meant, decoded; empty for the resource itself
 * @param options fields of the vault's config that this reference sets otherwise, decoded
 * @param version 1 unless the reference says otherwise
 */
public record VaultReference(
        String vault, String path, String resource, String key, Map<String, String> options, int version) {
    private static final String START = "{vault://";

    /** Copies the options. */
    public VaultReference {
        options = Collections.unmodifiableMap(new LinkedHashMap<>(options));
    }

    /** Whether a text as a whole is a reference; one inside other text is plain data. */
    public static boolean isReference(String text) {
        return text.length() > START.length() + 1 && text.startsWith(START) && text.endsWith("}");
    }

    /**
     * Takes a reference apart.
     *
     * @throws IllegalArgumentException when there is none in it; says what is wrong
     */
    public static VaultReference parse(String reference) {
        if (!isReference(reference)) {
            throw new IllegalArgumentException("not a vault reference (expected: {vault://name/resource})");
        }
        String rest = reference.substring(START.length(), reference.length() - 1);
        int version = 1;
        int mark = rest.indexOf('#');
        if (mark >= 0) {
            version = version(rest.substring(mark + 1));
            rest = rest.substring(0, mark);
        }
        Map<String, String> options = Map.of();
        mark = rest.indexOf('?');
        if (mark >= 0) {
            options = options(rest.substring(mark + 1));
            rest = rest.substring(0, mark);
        }
        mark = rest.indexOf('/');
        String vault = mark < 0 ? rest : rest.substring(0, mark);
        String path = mark < 0 ? "" : rest.substring(mark + 1);
        boolean whole = path.endsWith("/");
        if (whole) {
            path = path.substring(0, path.length() - 1);
        }
        mark = whole ? -1 : path.lastIndexOf('/');
        String resource = decode(mark < 0 ? path : path.substring(0, mark));
        String key = mark < 0 ? "" : decode(path.substring(mark + 1));
        if (vault.isEmpty() || resource.isEmpty()) {
            throw new IllegalArgumentException("vault reference without a name (expected: {vault://name/resource})");
        }
        return new VaultReference(vault, decode(path), resource, key, options, version);
    }

    private static int version(String text) {
        if (text.isEmpty()) {
            return 1;
        }
        if (text.length() > 9 || !text.chars().allMatch(c -> c >= '0' && c <= '9') || text.startsWith("0")) {
            throw new IllegalArgumentException("version '" + text + "' of a vault reference (expected: 1, 2, ...)");
        }
        return Integer.parseInt(text);
    }

    private static Map<String, String> options(String query) {
        Map<String, String> options = new LinkedHashMap<>();
        for (String option : query.split("&", -1)) {
            if (!option.isEmpty()) {
                int equals = option.indexOf('=');
                options.put(
                        decode(equals < 0 ? option : option.substring(0, equals)),
                        equals < 0 ? "" : decode(option.substring(equals + 1)));
            }
        }
        return options;
    }

    private static String decode(String text) {
        try {
            return ConfigText.unescaped(text);
        } catch (IllegalArgumentException malformed) {
            throw new IllegalArgumentException("vault reference with a broken percent escape", malformed);
        }
    }
}
