package io.gatehouse.core.balancer;

import io.gatehouse.core.balancer.Answer.Found;
import io.gatehouse.core.balancer.DnsOptions.RecordType;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.net.SocketAddress;
import java.net.InetAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What names resolve to, for the whole node. An answer is remembered as long as it says; when it is old it still serves
 * while a new one is fetched, and as long as none can be had. However many want a name, it is asked for once.
 *
 * <p>Any thread. What is remembered costs one look into a map; futures complete on a thread of their own.
 */
public final class Names {
    private static final Logger LOG = LoggerFactory.getLogger(Names.class);

    /** Behind a name that is not looked for in other domains. */
    private static final char WHOLE = '.';

    private final DnsOptions options;
    private final NameServers servers;
    private final LongSupplier clock;
    private final Map<String, Name> known = new ConcurrentHashMap<>();

    /** Makes an empty memory. */
    Names(DnsOptions options, NameServers servers, LongSupplier clock) {
        this.options = options;
        this.servers = servers;
        this.clock = clock;
    }

    /** One name. */
    private static final class Name {
        volatile @Nullable Answer answer;
        volatile @Nullable RecordType last;
        volatile @Nullable Future<Answer> pending; // written under this lock
    }

    /**
     * The next address of a host.
     *
     * @return null when it has to be asked for
     */
    public @Nullable SocketAddress next(String host, int port) {
        Answer answer = remembered(host);
        return answer == null || answer.error() != null ? null : answer.next(port);
    }

    /**
     * The next address of a host, asked for if need be.
     *
     * @return fails with a {@link NameError}
     */
    public Future<SocketAddress> ask(String host, int port) {
        return resolve(host).compose(answer -> {
            NameError error = answer.error();
            return error == null ? Future.succeededFuture(answer.next(port)) : Future.failedFuture(error);
        });
    }

    /** What is known of a host and may be used; null when it has to be asked for. */
    @Nullable
    Answer remembered(String host) {
        Name name = known.get(host);
        Answer answer = name == null ? null : name.answer;
        if (name == null || answer == null) {
            return null;
        }
        long now = clock.getAsLong();
        if (answer.isFresh(now)) {
            return answer;
        }
        boolean usable = answer.error() == null && !answer.isForOnce() && isStale(answer, now);
        if (usable && name.pending == null) {
            Future<Answer> unused = ask(host, name);
        }
        return usable ? answer : null;
    }

    private boolean isStale(Answer answer, long now) {
        return answer.isStale(now, options.staleTtl().toNanos());
    }

    /** What a host resolves to. Never fails: errors are answers. */
    Future<Answer> resolve(String host) {
        Answer answer = remembered(host);
        if (answer != null) {
            return Future.succeededFuture(answer);
        }
        if (Literals.isAddress(host)) {
            RecordType type = host.indexOf(':') < 0 ? RecordType.A : RecordType.AAAA;
            Answer literal =
                    Answer.of(type, List.of(new Found(host, 0, -1, null)), Long.MAX_VALUE / 4, clock.getAsLong());
            name(host).answer = literal;
            return Future.succeededFuture(literal);
        }
        return ask(host, name(host));
    }

    private Name name(String host) {
        Name name = known.get(host);
        if (name == null) {
            if (known.size() >= options.cacheSize()) {
                makeRoom();
            }
            name = known.computeIfAbsent(host, h -> new Name());
        }
        return name;
    }

    /** Forgets what is too old, and a part of the rest when that is not enough. */
    private void makeRoom() {
        long now = clock.getAsLong();
        known.values().removeIf(name -> {
            Answer answer = name.answer;
            return answer != null && !answer.isFresh(now) && !isStale(answer, now);
        });
        Iterator<String> some = known.keySet().iterator();
        for (int left = known.size() - options.cacheSize() * 7 / 8; left > 0 && some.hasNext(); left--) {
            some.next();
            some.remove();
        }
    }

    private Future<Answer> ask(String host, Name name) {
        Promise<Answer> promise = Promise.promise();
        synchronized (name) {
            if (name.pending != null) {
                return name.pending;
            }
            name.pending = promise.future();
        }
        List<RecordType> types = order(name);
        ask(host, types, 0).otherwise(this::failed).onComplete(found -> {
            Answer now = kept(host, name, found.result());
            name.answer = now;
            if (now.error() == null) {
                name.last = now.type();
            }
            synchronized (name) {
                name.pending = null;
            }
            promise.tryComplete(now);
        });
        return promise.future();
    }

    /** What cannot be had now does not make worse what is known; that a name is gone does. */
    private Answer kept(String host, Name name, Answer fresh) {
        Answer before = name.answer;
        NameError error = fresh.error();
        long now = clock.getAsLong();
        if (error == null || before == null || before.error() != null) {
            return fresh;
        }
        if (!before.isKept()) {
            LOG.warn("a name could not be resolved again: name={} problem=\"{}\"", host, error.text());
        }
        return error.isMissing() || before.isForOnce() || !isStale(before, now)
                ? fresh
                : before.until(now + options.errorTtl().toNanos());
    }

    private List<RecordType> order(Name name) {
        List<RecordType> types = new ArrayList<>(4);
        for (RecordType type : options.order()) {
            RecordType wanted = type == RecordType.LAST ? name.last : type;
            if (wanted != null && wanted != RecordType.CNAME && !types.contains(wanted)) {
                types.add(wanted);
            }
        }
        return types;
    }

    private Future<Answer> ask(String host, List<RecordType> types, int index) {
        RecordType type = types.get(index);
        return query(host, type).transform(found -> {
            if (found.succeeded()) {
                return Future.succeededFuture(answer(type, found.result()));
            }
            if (index + 1 < types.size()) {
                return ask(host, types, index + 1);
            }
            return Future.succeededFuture(failed(found.cause()));
        });
    }

    private Answer failed(Throwable cause) {
        NameError error = cause instanceof NameError known ? known : new NameError(String.valueOf(cause), false);
        Duration ttl = error.isMissing() ? options.notFoundTtl() : options.errorTtl();
        return Answer.of(error, ttl.toNanos(), clock.getAsLong());
    }

    private Answer answer(RecordType type, NameServers.Records records) {
        Duration valid = options.validTtl();
        long ttl = valid == null || records.fixed() ? records.ttl().toNanos() : valid.toNanos();
        return Answer.of(type, records.found(), ttl, clock.getAsLong());
    }

    private Future<NameServers.Records> query(String host, RecordType type) {
        return servers.query(host, type)
                .compose(records -> type == RecordType.SRV ? addressed(records) : allowed(host, records));
    }

    /** The addresses of the names that SRV records give. */
    private Future<NameServers.Records> addressed(NameServers.Records records) {
        List<Future<NameServers.Records>> all = new ArrayList<>();
        for (Found one : records.found()) {
            String host = one.ip();
            all.add(
                    Literals.isAddress(host)
                            ? Future.succeededFuture(records.only(one))
                            : query(host + WHOLE, RecordType.A)
                                    .recover(error -> query(host + WHOLE, RecordType.AAAA))
                                    .map(addresses -> addresses.as(host, one.port(), one.weight())));
        }
        return Future.join(all).transform(joined -> {
            NameServers.Records found = NameServers.Records.NONE;
            for (Future<NameServers.Records> one : all) {
                if (one.succeeded()) {
                    found = found.and(one.result());
                }
            }
            return found.found().isEmpty()
                    ? Future.failedFuture(joined.cause())
                    : Future.succeededFuture(found.within(records.ttl()));
        });
    }

    /** A server somewhere must not lead requests to services of this very machine. */
    private Future<NameServers.Records> allowed(String host, NameServers.Records records) {
        if (options.local() || records.fixed() || host.toLowerCase(Locale.ROOT).endsWith("localhost")) {
            return Future.succeededFuture(records);
        }
        NameServers.Records kept = records.where(found -> !isLocal(found.ip()));
        if (!kept.found().isEmpty()) {
            return Future.succeededFuture(kept);
        }
        String ip = records.found().get(0).ip();
        LOG.warn(
                "a name leads to this machine or its link, which GATEHOUSE_DNS_LOCAL=on would allow: name={} address={}",
                host,
                ip);
        return Future.failedFuture(new NameError("the name server says " + ip + ", which is not allowed", true));
    }

    private static boolean isLocal(String ip) {
        InetAddress address = Literals.address(ip);
        return address.isLoopbackAddress()
                || address.isAnyLocalAddress()
                || address.isLinkLocalAddress()
                || address.isMulticastAddress();
    }
}
