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

/** Asks DNS servers, after a look into the hosts file. Remembers nothing. */
final class DnsServers implements NameServers, AutoCloseable {
    /** For one question to one server. */
    private static final long QUERY_MILLIS = 2000;

    /** For all questions about a name and a type. */
    private static final long LIMIT_MILLIS = 5000;

    private static final Duration FILE_TTL = Duration.ofSeconds(5);

    private final EventLoop loop;
    private final DnsNameResolver resolver;
    private final HostsFile hosts;

    DnsServers(DnsOptions options, EventLoop loop, Transport transport) {
        this.loop = loop;
        this.hosts = new HostsFile(options.hostsFile());
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
        if (hosts.knows(host)) { // then no server is asked, whatever the type
            List<Found> inFile = hosts.find(host, type);
            if (inFile.isEmpty()) {
                promise.fail(new NameError("the hosts file has no " + type + " record of " + host, true));
            } else {
                promise.complete(new Records(inFile, FILE_TTL, true));
            }
            return;
        }
        Runnable late = () -> promise.tryFail(new NameError("no answer within " + LIMIT_MILLIS + " ms", false));
        io.netty.util.concurrent.Future<?> timer = loop.schedule(late, LIMIT_MILLIS, TimeUnit.MILLISECONDS);
        resolver.resolveAll(new DefaultDnsQuestion(host, wireType(type)))
                .addListener((io.netty.util.concurrent.Future<List<DnsRecord>> answer) -> {
                    timer.cancel(false);
                    if (answer.isSuccess()) {
                        answered(host, type, answer.getNow(), promise);
                    } else {
                        promise.tryFail(error(answer.cause()));
                    }
                });
    }

    private static DnsRecordType wireType(RecordType type) {
        return switch (type) {
            case A -> DnsRecordType.A;
            case AAAA -> DnsRecordType.AAAA;
            case SRV -> DnsRecordType.SRV;
            case LAST, CNAME -> throw new IllegalArgumentException("type: " + type + " (expected: A, AAAA or SRV)");
        };
    }

    private static void answered(String host, RecordType type, List<DnsRecord> records, Promise<Records> promise) {
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
                promise.tryFail(new NameError("no " + type + " record of " + host, true));
            } else {
                promise.tryComplete(new Records(found, Duration.ofSeconds(ttl), false));
            }
        } catch (RuntimeException e) {
            promise.tryFail(new NameError("a broken " + type + " record of " + host + ": " + e, false));
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
