package io.gatehouse.core.balancer;

import io.gatehouse.core.balancer.Answer.Found;
import io.gatehouse.core.balancer.DnsOptions.RecordType;
import io.netty.resolver.HostsFileEntriesProvider;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Names that need no server. Read again when it has changed; confined to the thread that resolves names. */
final class HostsFile {
    private static final Logger LOG = LoggerFactory.getLogger(HostsFile.class);
    private static final long LOOK_NANOS = TimeUnit.SECONDS.toNanos(1);

    private final Path file;
    private @Nullable HostsFileEntriesProvider entries;
    private String stamp = "";
    private long lookedAt;

    HostsFile(Path file) {
        this.file = file;
    }

    boolean knows(String host) {
        return !find(host, RecordType.A).isEmpty()
                || !find(host, RecordType.AAAA).isEmpty();
    }

    List<Found> find(String host, RecordType type) {
        String name = host.toLowerCase(Locale.ROOT);
        HostsFileEntriesProvider now = entries();
        Map<String, List<InetAddress>> known = switch (type) {
            case A -> now.ipv4Entries();
            case AAAA -> now.ipv6Entries();
            default -> Map.of();
        };
        List<Found> found = known.getOrDefault(name, List.of()).stream()
                .map(address -> new Found(Literals.text(address.getAddress()), 0, -1, null))
                .toList();
        return found.isEmpty() && type == RecordType.A && name.equals("localhost")
                ? List.of(new Found("127.0.0.1", 0, -1, null))
                : found;
    }

    private HostsFileEntriesProvider entries() {
        HostsFileEntriesProvider known = entries;
        long now = System.nanoTime();
        if (known != null && now - lookedAt < LOOK_NANOS) {
            return known;
        }
        lookedAt = now;
        String found = stamp();
        if (known == null || !found.equals(stamp)) {
            stamp = found;
            known = read();
            entries = known;
        }
        return known;
    }

    private String stamp() {
        try {
            return Files.getLastModifiedTime(file) + " " + Files.size(file);
        } catch (IOException e) {
            return "none";
        }
    }

    private HostsFileEntriesProvider read() {
        HostsFileEntriesProvider.Parser parser = HostsFileEntriesProvider.parser();
        try {
            return parser.parse(file.toFile());
        } catch (IOException e) {
            LOG.warn("the hosts file cannot be read: file={} problem=\"{}\"", file, e.toString());
            return parser.parseSilently(file.toFile());
        }
    }
}
