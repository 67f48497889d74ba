package io.gatehouse.core.balancer;

import io.gatehouse.core.balancer.Answer.Found;
import io.gatehouse.core.balancer.DnsOptions.RecordType;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufHolder;
import io.netty.channel.EventLoop;
import io.netty.channel.socket.SocketChannel;
import io.netty.handler.codec.dns.DefaultDnsQuestion;
import io.netty.handler.codec.dns.DefaultDnsRecordDecoder;
import io.netty.handler.codec.dns.DnsRecord;
import io.netty.handler.codec.dns.DnsRecordType;
import io.netty.handler.codec.dns.DnsResponseCode;
import io.netty.resolver.dns.DnsErrorCauseException;
import io.netty.resolver.dns.DnsNameResolver;
import io.netty.resolver.dns.DnsNameResolverBuilder;
import io.netty.resolver.dns.NoopAuthoritativeDnsServerCache;
import io.netty.resolver.dns.NoopDnsCache;
import io.netty.resolver.dns.NoopDnsCnameCache;
import io.netty.resolver.dns.SequentialDnsServerAddressStreamProvider;
import io.netty.util.ReferenceCountUtil;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.spi.transport.Transport;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Asks DNS servers, after a look into the hosts file, in the domains of a search list. Remembers nothing. */
final class DnsServers implements NameServers, AutoCloseable {
    /** For one question to one server. */
    private static final long QUERY_MILLIS = 2000;

    /** For all questions about a name and a type. */
    private static final long LIMIT_MILLIS = 5000;

    private static final Duration FILE_TTL = Duration.ofSeconds(5);

    private final EventLoop loop;
    private final DnsNameResolver resolver;
    private final HostsFile hosts;
    private final SearchList search;

    DnsServers(DnsOptions options, EventLoop loop, Transport transport) {
        this.loop = loop;
        this.hosts = new HostsFile(options.hostsFile());
        this.search = SearchList.of(options.resolverFile());
        DnsNameResolverBuilder builder = new DnsNameResolverBuilder(loop)
                .datagramChannelFactory(transport::datagramChannel)
                .socketChannelFactory(
                        () -> (SocketChannel) transport.channelFactory(false).newChannel(), false)
                .resolveCache(NoopDnsCache.INSTANCE)
                .cnameCache(NoopDnsCnameCache.INSTANCE)
                .authoritativeDnsServerCache(NoopAuthoritativeDnsServerCache.INSTANCE)
                .hostsFileEntriesResolver((name, types) -> null)
                .consolidateCacheSize(0)
                .queryTimeoutMillis(QUERY_MILLIS);
        if (!options.servers().isEmpty()) {
            builder.nameServerProvider(new SequentialDnsServerAddressStreamProvider(options.servers()));
        }
        this.resolver = builder.build();
    }

    @Override
    public Future<Records> query(String host, RecordType type) {
        Promise<Records> promise = Promise.promise();
        loop.execute(() -> {
            try {
                queryHere(host, type, promise);
            } catch (RuntimeException e) { // a name that is none
                promise.tryFail(new NameError(String.valueOf(e.getMessage()), true));
            }
        });
        return promise.future();
    }

    private void queryHere(String host, RecordType type, Promise<Records> promise) {
        String plain = SearchList.undotted(host);
        if (hosts.knows(plain)) { // then no server is asked, whatever the type
            List<Found> inFile = hosts.find(plain, type);
            if (inFile.isEmpty()) {
                promise.fail(new NameError("the hosts file has no " + type + " record of " + plain, true));
            } else {
                promise.complete(new Records(inFile, FILE_TTL, true));
            }
            return;
        }
        Runnable late = () -> promise.tryFail(new NameError("no answer within " + LIMIT_MILLIS + " ms", false));
        io.netty.util.concurrent.Future<?> timer = loop.schedule(late, LIMIT_MILLIS, TimeUnit.MILLISECONDS);
        Future<?> unused = promise.future().onComplete(done -> timer.cancel(false));
        ask(search.names(host), 0, type, null, promise);
    }

    /**
     * Asks for a name, and for the next one where servers have nothing under it.
     *
     * @param worst what is to be told when no name has an answer
     */
    private void ask(
            List<String> names, int index, RecordType type, @Nullable NameError worst, Promise<Records> promise) {
        if (promise.future().isComplete()) {
            return; // it is late
        }
        String name = names.get(index);
        resolver.resolveAll(new DefaultDnsQuestion(name, wireType(type)))
                .addListener((io.netty.util.concurrent.Future<List<DnsRecord>> answer) -> {
                    Throwable cause = answer.cause();
                    NameError error;
                    try {
                        if (cause == null) {
                            promise.tryComplete(records(name, type, answer.getNow()));
                            return;
                        }
                        error = error(cause);
                    } catch (NameError found) {
                        error = found;
                    }
                    NameError told = worst == null || worst.isMissing() ? error : worst;
                    if (index + 1 == names.size() || cause != null && isSilence(cause)) {
                        promise.tryFail(told);
                    } else {
                        ask(names, index + 1, type, told, promise);
                    }
                });
    }

    /** Whether servers could not be reached: they cannot be asked for another name either. */
    private static boolean isSilence(Throwable cause) {
        for (Throwable one = cause; one != null; one = one.getCause()) {
            if (DnsNameResolver.isTransportOrTimeoutError(one)) {
                return true;
            }
        }
        return false;
    }

    private static DnsRecordType wireType(RecordType type) {
        return switch (type) {
            case A -> DnsRecordType.A;
            case AAAA -> DnsRecordType.AAAA;
            case SRV -> DnsRecordType.SRV;
            case LAST, CNAME -> throw new IllegalArgumentException("type: " + type + " (expected: A, AAAA or SRV)");
        };
    }

    private static Records records(String name, RecordType type, List<DnsRecord> records) throws NameError {
        try {
            List<Read> read = new ArrayList<>();
            long ttl = Integer.MAX_VALUE;
            for (DnsRecord record : records) {
                if (record.type().equals(wireType(type)) && record instanceof ByteBufHolder holder) {
                    read.add(read(type, holder.content()));
                    ttl = Math.min(ttl, record.timeToLive());
                }
            }
            int best = read.stream().mapToInt(Read::priority).min().orElse(0);
            List<Found> found = read.stream()
                    .filter(one -> one.priority() == best)
                    .map(Read::found)
                    .toList();
            if (found.isEmpty()) {
                throw new NameError("no " + type + " record of " + name, true);
            }
            return new Records(found, Duration.ofSeconds(ttl), false);
        } catch (RuntimeException e) {
            throw new NameError("a broken " + type + " record of " + name + ": " + e, false);
        } finally {
            records.forEach(ReferenceCountUtil::release);
        }
    }

    private record Read(int priority, Found found) {}

    private static Read read(RecordType type, ByteBuf content) {
        if (type == RecordType.SRV) {
            int priority = content.readUnsignedShort();
            int weight = Math.max(1, content.readUnsignedShort()); // as in Kong: little, but something
            int port = content.readUnsignedShort();
            String name = DefaultDnsRecordDecoder.decodeName(content);
            String plain = name.endsWith(".") ? name.substring(0, name.length() - 1) : name;
            return new Read(priority, new Found(plain, port, weight, null));
        }
        byte[] bytes = new byte[content.readableBytes()];
        content.readBytes(bytes);
        return new Read(0, new Found(Literals.text(bytes), 0, -1, null));
    }

    /** Netty's exceptions tell in their causes what a server said. */
    private static NameError error(@Nullable Throwable cause) {
        for (Throwable one = cause; one != null; one = one.getCause()) {
            if (one instanceof DnsErrorCauseException said) {
                DnsResponseCode code = said.getCode();
                boolean missing = code.equals(DnsResponseCode.NXDOMAIN) || code.equals(DnsResponseCode.NOERROR);
                return new NameError("dns server error: " + code.intValue() + ' ' + text(code), missing);
            }
            if (DnsNameResolver.isTransportOrTimeoutError(one)) {
                return new NameError("dns server error: " + String.valueOf(one.getMessage()), false);
            }
        }
        return new NameError("dns client error: 101 empty record received", true);
    }

    private static String text(DnsResponseCode code) {
        return code.equals(DnsResponseCode.NXDOMAIN)
                ? "name error"
                : code.equals(DnsResponseCode.SERVFAIL) ? "server failure" : code.toString();
    }

    @Override
    public void close() {
        resolver.close();
    }
}
