package io.gatehouse.core.config;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Looks up vault references, <code>{vault://env/my-secret[/key][?prefix=P_][#2]}</code>. The only vault is {@code env}:
 * upper case, {@code -} as {@code _}, read from the environment of the process. Immutable; safe to use from any
 * thread; never blocks.
 */
public final class Vaults {
    private static final String START = "{vault://";
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Set<String> KONG = Set.of("aws", "gcp", "azure", "hcv", "conjur", "konnect", "fs");

    private final Environment environment;

    /** Vaults over this environment. */
    public Vaults(Environment environment) {
        this.environment = environment;
    }

    /**
     * What a reference yields.
     *
     * @param value empty when the look-up failed
     * @param failure why, without the value; null when it succeeded
     * @param refused whether the reference itself is wrong or names a vault that does not exist here
     */
    public record Lookup(String value, @Nullable String failure, boolean refused) {
        @Override
        public String toString() {
            return failure == null ? "Lookup[***]" : "Lookup[" + failure + "]";
        }
    }

    /** Whether a text as a whole is a reference; one inside other text is plain data. */
    public static boolean isReference(String text) {
        return text.length() > START.length() + 1 && text.startsWith(START) && text.endsWith("}");
    }

    /** Looks a reference up. */
    public Lookup lookup(String reference) {
        String rest = reference.substring(START.length(), reference.length() - 1);
        String version = "";
        int mark = rest.indexOf('#');
        if (mark >= 0) {
            version = rest.substring(mark + 1);
            rest = rest.substring(0, mark);
        }
        String query = "";
        mark = rest.indexOf('?');
        if (mark >= 0) {
            query = rest.substring(mark + 1);
            rest = rest.substring(0, mark);
        }
        mark = rest.indexOf('/');
        String vault = mark < 0 ? rest : rest.substring(0, mark);
        String path = mark < 0 ? "" : rest.substring(mark + 1);
        if (!vault.equals("env")) {
            return refused(
                    KONG.contains(vault)
                            ? "vault '" + vault + "' is valid in Kong but not built here (supported: env)"
                            : "could not find vault (" + vault + ") (supported: env)");
        }
        mark = path.lastIndexOf('/');
        String resource = mark < 0 ? path : path.substring(0, mark);
        String key = mark < 0 ? "" : path.substring(mark + 1);
        if (resource.isEmpty()) {
            return refused("vault reference without a name (expected: {vault://env/name})");
        }
        String prefix = "";
        for (String option : query.isEmpty() ? new String[0] : query.split("&", -1)) {
            int equals = option.indexOf('=');
            String name = equals < 0 ? option : option.substring(0, equals);
            if (!name.equals("prefix")) {
                return refused("option '" + name + "' of the env vault is not built here (supported: prefix)");
            }
            prefix = equals < 0 ? "" : decode(option.substring(equals + 1));
        }
        if (!version.isEmpty() && !version.equals("1") && !version.equals("2")) {
            return refused("version '" + version + "' of an env reference (expected: 1, 2)");
        }
        String name = (prefix + decode(resource)).toUpperCase(Locale.ROOT).replace('-', '_');
        String value = environment.get(version.equals("2") ? name + "_PREVIOUS" : name);
        if (value == null) {
            return failed("could not get value from external vault (no value found)");
        }
        return key.isEmpty() ? new Lookup(value, null, false) : member(value, decode(key));
    }

    private static Lookup member(String json, String key) {
        JsonNode member = null;
        try {
            member = JSON.readTree(json).get(key);
        } catch (JsonProcessingException notJson) {
            // The message of the exception quotes the secret, so it is not passed on.
        }
        return member != null && member.isTextual()
                ? new Lookup(member.textValue(), null, false)
                : failed("subfield " + key + " not found in JSON secret");
    }

    private static String decode(String text) {
        try {
            return URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.UTF_8);
        } catch (IllegalArgumentException malformed) {
            return text;
        }
    }

    private static Lookup failed(String failure) {
        return new Lookup("", failure, false);
    }

    private static Lookup refused(String failure) {
        return new Lookup("", failure, true);
    }
}
