package io.gatehouse.core.plugin;

import io.gatehouse.api.AdminPage;
import io.vertx.core.http.HttpMethod;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A page that a plugin instance serves on the Admin API.
 *
 * @param template the segments of its path; those that begin with a colon are parameters
 */
public record PluginPage(String pluginId, HttpMethod method, List<String> template, AdminPage page) {
    /** A page that a request asks for, with the parameters of its path. */
    public record Match(PluginPage of, Map<String, String> path) {
        /** Copies the parameters. */
        public Match {
            path = Map.copyOf(path);
        }
    }

    /** Copies the template. */
    public PluginPage {
        template = List.copyOf(template);
    }

    /** A page as a plugin names it. */
    public static PluginPage of(String pluginId, HttpMethod method, String path, AdminPage page) {
        if (!method.equals(HttpMethod.GET) && !method.equals(HttpMethod.DELETE)) {
            throw new IllegalArgumentException("method: " + method + " (expected: GET or DELETE)");
        }
        if (!path.startsWith("/")) {
            throw new IllegalArgumentException("path: " + path + " (expected: to begin with a slash)");
        }
        List<String> template = new ArrayList<>();
        for (String segment : path.split("/", -1)) {
            if (!segment.isEmpty()) {
                template.add(segment);
            }
        }
        return new PluginPage(pluginId, method, template, Objects.requireNonNull(page, "page"));
    }

    /** Its path below the plugin's name as Kong writes paths, {@code /caches/{name}}; empty for the plugin's own. */
    public String path() {
        StringBuilder path = new StringBuilder();
        for (String segment : template) {
            path.append('/').append(segment.startsWith(":") ? "{" + segment.substring(1) + "}" : segment);
        }
        return path.toString();
    }

    /** The page under a path below the plugin's name; null when it is under another one, or of another instance. */
    public @Nullable Match match(List<String> path) {
        if (path.size() != template.size()) {
            return null;
        }
        Map<String, String> parameters = new HashMap<>();
        for (int i = 0; i < path.size(); i++) {
            String segment = template.get(i);
            if (segment.startsWith(":")) {
                parameters.put(segment.substring(1), path.get(i));
            } else if (!segment.equals(path.get(i))) {
                return null;
            }
        }
        String asked = parameters.get("plugin_id");
        return asked == null || asked.equals(pluginId) ? new Match(this, parameters) : null;
    }
}
