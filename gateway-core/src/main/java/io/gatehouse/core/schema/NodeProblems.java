package io.gatehouse.core.schema;

import io.gatehouse.api.config.Problems;
import io.gatehouse.core.config.ConfigNode;
import io.gatehouse.core.config.Problem;
import java.util.function.Consumer;

/** Gives what a plugin's {@code validate} reports its place in the file. Used by one thread. */
public final class NodeProblems implements Problems {
    private static final String OWN = "config";

    private final ConfigNode root;
    private final Consumer<Problem> sink;
    private int count;

    /**
     * Problems of one config.
     *
     * @param root the plugin's config
     * @param sink takes each with file, line and full path
     */
    public NodeProblems(ConfigNode root, Consumer<Problem> sink) {
        this.root = root;
        this.sink = sink;
    }

    @Override
    public void add(String path, String message) {
        count++;
        ConfigNode deepest = root;
        int at = 0;
        while (at < path.length()) {
            int end = at;
            ConfigNode next = null;
            if (path.charAt(at) == '[') {
                end = path.indexOf(']', at);
                if (end < 0) {
                    break;
                }
                next = item(deepest, path.substring(at + 1, end));
                end++;
            } else {
                while (end < path.length() && path.charAt(end) != '.' && path.charAt(end) != '[') {
                    end++;
                }
                if (deepest instanceof ConfigNode.Mapping mapping) {
                    next = mapping.get(path.substring(at, end));
                }
            }
            if (next == null) {
                break;
            }
            deepest = next;
            at = end < path.length() && path.charAt(end) == '.' ? end + 1 : end;
        }
        String full = path.isEmpty()
                ? owner()
                : path.startsWith("[") ? root.path() + path : ConfigNode.child(root.path(), path);
        sink.accept(Problem.error(deepest.location(), full, message, null));
    }

    /** As in Kong, what is wrong with a config as a whole is wrong with its plugin. */
    private String owner() {
        String path = root.path();
        int end = path.length() - OWN.length();
        boolean whole = path.endsWith(OWN) && (end == 0 || path.charAt(end - 1) == '.');
        return whole ? path.substring(0, Math.max(0, end - 1)) : path;
    }

    /** How many were reported. */
    public int count() {
        return count;
    }

    private static @org.jspecify.annotations.Nullable ConfigNode item(ConfigNode node, String index) {
        if (!(node instanceof ConfigNode.Sequence sequence)) {
            return null;
        }
        try {
            int i = Integer.parseInt(index);
            return i >= 0 && i < sequence.items().size() ? sequence.items().get(i) : null;
        } catch (NumberFormatException notAnIndex) {
            return null;
        }
    }
}
