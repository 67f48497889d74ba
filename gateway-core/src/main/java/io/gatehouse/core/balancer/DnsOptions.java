package io.gatehouse.core.balancer;

import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How names are resolved.
 *
 * @param servers who is asked; empty for those of the system
 * @param hostsFile names that need no server
 * @param resolverFile the domains in which names are looked for, read once
 * @param order which records are asked for, one after the other until there is an answer
 * @param validTtl how long answers are good, whatever they say; null for what they say
 * @param staleTtl how long an answer is used beyond that, while a new one is fetched or cannot be had
 * @param notFoundTtl how long a name that does not exist is not asked for again
 * @param errorTtl how long a name is not asked for again after an error
 * @param cacheSize names that are remembered
 * @param local whether a server may send clients to this machine itself or to its link
 */
public record DnsOptions(
        List<InetSocketAddress> servers,
        Path hostsFile,
        Path resolverFile,
        List<RecordType> order,
        @Nullable Duration validTtl,
        Duration staleTtl,
        Duration notFoundTtl,
        Duration errorTtl,
        int cacheSize,
        boolean local) {

    /** Kong's, with AAAA where there is no A. */
    public static final DnsOptions DEFAULT = new DnsOptions(
            List.of(),
            Path.of("/etc/hosts"),
            Path.of("/etc/resolv.conf"),
            List.of(RecordType.LAST, RecordType.SRV, RecordType.A, RecordType.AAAA),
            null,
            Duration.ofHours(1),
            Duration.ofSeconds(30),
            Duration.ofSeconds(1),
            10_000,
            false);

    /** What a name is asked for. */
    public enum RecordType {
        /** Whatever the name had the last time. */
        LAST,
        /** Addresses of version 4. */
        A,
        /** Addresses of version 6. */
        AAAA,
        /** Names and ports with weights. */
        SRV,
        /** Other names: servers follow these by themselves. */
        CNAME
    }

    /** Copies the lists. */
    public DnsOptions {
        servers = List.copyOf(servers);
        order = List.copyOf(order);
    }

    /** These with other servers. */
    public DnsOptions withServers(List<InetSocketAddress> others) {
        return new DnsOptions(
                others, hostsFile, resolverFile, order, validTtl, staleTtl, notFoundTtl, errorTtl, cacheSize, local);
    }

    /** These with another file that says in which domains names are looked for. */
    public DnsOptions withResolverFile(Path other) {
        return new DnsOptions(
                servers, hostsFile, other, order, validTtl, staleTtl, notFoundTtl, errorTtl, cacheSize, local);
    }

    /** These with another opinion of local addresses. */
    public DnsOptions withLocal(boolean other) {
        return new DnsOptions(
                servers, hostsFile, resolverFile, order, validTtl, staleTtl, notFoundTtl, errorTtl, cacheSize, other);
    }
}
