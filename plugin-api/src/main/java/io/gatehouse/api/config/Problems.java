package io.gatehouse.api.config;

/**
 * Takes what is wrong with a configuration; the gateway adds file and line. All problems are gathered and
 * shown at once, so report each and go on. Used by the validating thread only.
 *
 * <pre>{@code
 * if (config.allow().isEmpty() == config.deny().isEmpty()) {
 *     problems.add("", "exactly one of these fields must be non-empty: 'allow', 'deny'");
 * }
 * }</pre>
 */
@FunctionalInterface
public interface Problems {
    /**
     * Reports one problem.
     *
     * @param path the field as users write it, relative to the root of the plugin's config, such as
     *     {@code targets[0].auth.header_name}; empty for the config as a whole
     * @param message what is wrong, with the offending and the expected value, never a secret
     */
    void add(String path, String message);
}
