package io.gatehouse.core.server;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.NullUnmarked;

/**
 * The cases of {@code proxy-cases.txt}: groups that share one gateway with its settings, and in each of them requests
 * with what the upstream must see and the client must get.
 */
@NullUnmarked
final class ProxyCases {
    private ProxyCases() {}

    /** Cases that one gateway serves; settings by Kong's names. */
    record Group(String title, Map<String, String> settings, List<Case> cases) {}

    /** A request and what is expected of it, one line each. */
    record Case(String title, String request, List<String> expectations) {}

    static List<Group> read() throws IOException {
        List<Group> groups = new ArrayList<>();
        StringBuilder request = new StringBuilder();
        List<String> expectations = new ArrayList<>();
        String title = null;
        for (String line : lines()) {
            if (line.isBlank() || line.startsWith("#")) {
                continue;
            }
            if (!line.startsWith(" ") && title != null) {
                last(groups).cases().add(new Case(title, whole(request), List.copyOf(expectations)));
                request.setLength(0);
                expectations.clear();
                title = null;
            }
            if (line.startsWith("[")) {
                groups.add(group(line.substring(1, line.length() - 1)));
            } else if (!line.startsWith(" ")) {
                title = line;
            } else if (line.strip().startsWith(">")) {
                request.append(line.strip().substring(1).stripLeading()).append("\r\n");
            } else {
                expectations.add(line.strip());
            }
        }
        last(groups).cases().add(new Case(title, whole(request), List.copyOf(expectations)));
        return groups;
    }

    /** Without a body, its head ends here. */
    private static String whole(StringBuilder request) {
        return request.indexOf("\r\n\r\n") < 0 ? request + "\r\n" : request.toString();
    }

    private static Group last(List<Group> groups) {
        return groups.get(groups.size() - 1);
    }

    private static Group group(String text) {
        Map<String, String> settings = new LinkedHashMap<>();
        for (String setting : text.split("\\|", -1)) {
            int middle = setting.indexOf('=');
            if (middle > 0) {
                settings.put(
                        setting.substring(0, middle).strip(),
                        setting.substring(middle + 1).strip());
            }
        }
        return new Group(text, settings, new ArrayList<>());
    }

    private static List<String> lines() throws IOException {
        try (InputStream in = ProxyCases.class.getResourceAsStream("proxy-cases.txt")) {
            return new String(in.readAllBytes(), UTF_8).lines().toList();
        }
    }
}
