package io.gatehouse.core;

import java.util.List;

/**
 * The settings or the configuration files cannot be used. Carries every problem that was found, not only the first.
 *
 * <p>The command line prints one problem a line and ends with exit code 2.
 */
public final class ConfigException extends Exception {
    private static final long serialVersionUID = 1L;

    @SuppressWarnings("serial") // always an immutable list of strings
    private final List<String> problems;

    /** @param problems one line each, with the offending and the expected value; not empty */
    public ConfigException(List<String> problems) {
        super(String.join("\n", problems));
        if (problems.isEmpty()) {
            throw new IllegalArgumentException("problems: empty (expected: at least one)");
        }
        this.problems = List.copyOf(problems);
    }

    /** All problems, in the order in which they are to be shown. */
    public List<String> problems() {
        return problems;
    }
}
