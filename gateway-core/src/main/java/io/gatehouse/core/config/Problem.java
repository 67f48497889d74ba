package io.gatehouse.core.config;

import org.jspecify.annotations.Nullable;

/**
 * One thing that is wrong in a configuration. Never carries a secret.
 *
 * @param file the file as the user named it
 * @param line from 1
 * @param column from 1
 * @param path the field as users write it, from the root of the file, such as {@code
 *     services[0].port}; empty for the file as a whole
 * @param message what is wrong, with the offending and the expected value
 * @param severity whether it refuses the configuration
 * @param hint what to do about it, such as the nearest known name
 */
public record Problem(
        String file,
        int line,
        int column,
        String path,
        String message,
        Severity severity,
        @Nullable String hint) {

    /** An error at a place. */
    public static Problem error(Location at, String path, String message, @Nullable String hint) {
        return new Problem(at.file(), at.line(), at.column(), path, message, Severity.ERROR, hint);
    }

    /** An error at a node of the tree. */
    public static Problem error(ConfigNode node, String message) {
        return error(node.location(), node.path(), message, null);
    }

    /** An error at a node of the tree, with advice. */
    public static Problem error(ConfigNode node, String message, @Nullable String hint) {
        return error(node.location(), node.path(), message, hint);
    }

    /** A warning at a place. */
    public static Problem warning(Location at, String path, String message) {
        return new Problem(at.file(), at.line(), at.column(), path, message, Severity.WARNING, null);
    }

    /** A warning at a node of the tree. */
    public static Problem warning(ConfigNode node, String message) {
        return warning(node.location(), node.path(), message);
    }

    /** The line that users read: {@code file:line:column path: message; hint}. */
    @Override
    public String toString() {
        StringBuilder text = new StringBuilder();
        text.append(file).append(':').append(line).append(':').append(column).append(' ');
        if (severity == Severity.WARNING) {
            text.append("warning: ");
        }
        if (!path.isEmpty()) {
            text.append(path).append(": ");
        }
        text.append(message);
        if (hint != null) {
            text.append("; ").append(hint);
        }
        return text.toString();
    }
}
