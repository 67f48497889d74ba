package io.gatehouse.e2e;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What a file-log writes, and the sums of it. A log grows with every case of a suite, so each line is read once: the sums
 * go on from where they were. A half line at the end is left for later. For one thread.
 */
final class AccessLog {
    private final Path file;
    private final Set<String> ids = new HashSet<>();
    private final List<String> twice = new ArrayList<>();
    private final Map<String, long[]> tokens = new HashMap<>();
    private @Nullable Object summed;
    private long at;
    private long routed;
    private long unrouted;

    AccessLog(Path file) {
        this.file = file;
    }

    /** How many bytes it has; {@link #since} goes on from there. */
    long size() {
        try {
            return Files.exists(file) ? Files.size(file) : 0;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The entries of a route among those that came behind this many bytes. */
    List<JsonNode> since(long from, String route) {
        List<JsonNode> found = new ArrayList<>();
        for (String line : lines(from).split("\n", -1)) {
            // looked for as text first: most lines are of other routes
            if (line.contains('"' + route + '"')) {
                JsonNode entry = Json.read(line);
                if (entry.at("/route/name").asText().equals(route)) {
                    found.add(entry);
                }
            }
        }
        return found;
    }

    /** Whole lines only, each with its end. */
    private String lines(long from) {
        if (!Files.exists(file)) {
            return "";
        }
        try (FileChannel channel = FileChannel.open(file)) {
            ByteBuffer bytes = ByteBuffer.allocate(Math.toIntExact(Math.max(0, channel.size() - from)));
            while (bytes.hasRemaining() && channel.read(bytes, from + bytes.position()) >= 0) {
                // goes on
            }
            int end = bytes.position();
            while (end > 0 && bytes.get(end - 1) != '\n') {
                end--;
            }
            return new String(bytes.array(), 0, end, StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Adds what has come since. */
    void sum() {
        if (!Files.exists(file)) {
            return;
        }
        try {
            Object now = Files.readAttributes(file, BasicFileAttributes.class).fileKey();
            if (summed == null || !summed.equals(now) || size() < at) {
                forget();
                summed = now;
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        String lines = lines(at);
        at += lines.getBytes(StandardCharsets.UTF_8).length;
        lines.lines().map(Json::read).forEach(this::add);
    }

    private void forget() {
        ids.clear();
        twice.clear();
        tokens.clear();
        at = 0;
        routed = 0;
        unrouted = 0;
    }

    private void add(JsonNode entry) {
        if (entry.has("route")) {
            routed++;
        } else {
            unrouted++;
        }
        String id = entry.at("/request/id").asText();
        if (!ids.add(id)) {
            twice.add(id);
        }
        for (JsonNode use : entry.path("ai")) {
            String model = use.at("/meta/provider_name").asText() + "/"
                    + use.at("/meta/request_model").asText();
            long[] sum = tokens.computeIfAbsent(model, name -> new long[2]);
            sum[0] += use.at("/usage/prompt_tokens").asLong();
            sum[1] += use.at("/usage/completion_tokens").asLong();
        }
    }

    /** Lines of requests that a route matched. */
    long routed() {
        return routed;
    }

    /** Lines of requests that no route matched. */
    long unrouted() {
        return unrouted;
    }

    /** Ids of requests that have more than one line. */
    List<String> twice() {
        return List.copyOf(twice);
    }

    /** Prompt and completion tokens by provider and model. */
    Map<String, long[]> tokens() {
        return Map.copyOf(tokens);
    }
}
