package io.gatehouse.core.balancer;

import io.gatehouse.core.balancer.Answer.Found;
import io.gatehouse.core.balancer.DnsOptions.RecordType;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/** Asks for records of one type. */
interface NameServers {
    /**
     * Asks. The names in SRV records stand where else addresses do. A host with a dot behind it is asked for as it is, another
     * one may be looked for in the domains of a search list.
     *
     * @return at least one record; fails with a {@link NameError}
     */
    Future<Records> query(String host, RecordType type);

    /**
     * Records of one type.
     *
     * @param fixed whether they are from a file
     */
    record Records(List<Found> found, Duration ttl, boolean fixed) {
        static final Records NONE = new Records(List.of(), Duration.ofDays(1), false);

        public Records {
            found = List.copyOf(found);
        }

        Records only(Found one) {
            return new Records(List.of(new Found(one.ip(), one.port(), one.weight(), one.ip())), ttl, fixed);
        }

        /** The same addresses, as an SRV record has them. */
        Records as(String name, int port, int weight) {
            return new Records(
                    found.stream()
                            .map(one -> new Found(one.ip(), port, weight, name))
                            .toList(),
                    ttl,
                    fixed);
        }

        Records and(Records others) {
            List<Found> all = new ArrayList<>(found);
            all.addAll(others.found);
            return new Records(all, ttl, fixed).within(others.ttl);
        }

        Records within(Duration limit) {
            return ttl.compareTo(limit) <= 0 ? this : new Records(found, limit, fixed);
        }

        Records where(Predicate<Found> condition) {
            return new Records(found.stream().filter(condition).toList(), ttl, fixed);
        }
    }
}
