package io.gatehouse.core.server;

import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioDatagramChannel;
import io.netty.handler.codec.dns.DatagramDnsQuery;
import io.netty.handler.codec.dns.DatagramDnsQueryDecoder;
import io.netty.handler.codec.dns.DatagramDnsResponse;
import io.netty.handler.codec.dns.DatagramDnsResponseEncoder;
import io.netty.handler.codec.dns.DefaultDnsQuestion;
import io.netty.handler.codec.dns.DefaultDnsRawRecord;
import io.netty.handler.codec.dns.DnsQuestion;
import io.netty.handler.codec.dns.DnsRecord;
import io.netty.handler.codec.dns.DnsRecordType;
import io.netty.handler.codec.dns.DnsResponseCode;
import io.netty.handler.codec.dns.DnsSection;
import io.netty.util.NetUtil;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;

/** A DNS server on loopback that says what a test wants. Names that it does not know do not exist. */
final class NameServer implements AutoCloseable {
    /** Every question so far, as {@code A a.example}. */
    final List<String> questions = new CopyOnWriteArrayList<>();

    private final Map<String, Reply> replies = new ConcurrentHashMap<>();
    private final EventLoopGroup group = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
    private final Channel channel;

    /** What is not answered for now, and what would be said to it. */
    private String hushed = "";

    private final List<Runnable> kept = new ArrayList<>();

    private record Reply(DnsResponseCode code, int ttl, List<byte[]> data, boolean silent) {}

    NameServer() {
        channel = new Bootstrap()
                .group(group)
                .channel(NioDatagramChannel.class)
                .handler(new ChannelInitializer<Channel>() {
                    @Override
                    protected void initChannel(Channel made) {
                        made.pipeline()
                                .addLast(
                                        new DatagramDnsQueryDecoder(), new DatagramDnsResponseEncoder(), new Handler());
                    }
                })
                .bind("127.0.0.1", 0)
                .syncUninterruptibly()
                .channel();
    }

    InetSocketAddress address() {
        return (InetSocketAddress) channel.localAddress();
    }

    NameServer a(String name, int ttl, String... ips) {
        return put(DnsRecordType.A, name, new Reply(DnsResponseCode.NOERROR, ttl, bytes(ips), false));
    }

    NameServer aaaa(String name, int ttl, String... ips) {
        return put(DnsRecordType.AAAA, name, new Reply(DnsResponseCode.NOERROR, ttl, bytes(ips), false));
    }

    private static List<byte[]> bytes(String... ips) {
        return List.of(ips).stream()
                .map(NetUtil::createByteArrayFromIpAddressString)
                .toList();
    }

    /** @param records each as {@code priority weight port name} */
    NameServer srv(String name, int ttl, String... records) {
        List<byte[]> data = List.of(records).stream()
                .map(record -> {
                    String[] words = record.split(" ", 4);
                    ByteBuf out = Unpooled.buffer();
                    out.writeShort(Integer.parseInt(words[0]));
                    out.writeShort(Integer.parseInt(words[1]));
                    out.writeShort(Integer.parseInt(words[2]));
                    for (String label : words[3].split("\\.", -1)) {
                        out.writeByte(label.length());
                        out.writeCharSequence(label, StandardCharsets.US_ASCII);
                    }
                    out.writeByte(0);
                    byte[] bytes = new byte[out.readableBytes()];
                    out.readBytes(bytes);
                    return bytes;
                })
                .toList();
        return put(DnsRecordType.SRV, name, new Reply(DnsResponseCode.NOERROR, ttl, data, false));
    }

    /** Whatever is asked of a name fails like that. */
    NameServer fails(String name, DnsResponseCode code) {
        return every(name, new Reply(code, 0, List.of(), false));
    }

    /** Nothing that is asked of a name is answered. */
    NameServer silent(String name) {
        return every(name, new Reply(DnsResponseCode.NOERROR, 0, List.of(), true));
    }

    /** Forgets what was asked, and does not answer this question, as {@code A a.example}, until {@link #speak()}. */
    void hush(String question) {
        synchronized (kept) {
            questions.clear();
            hushed = question;
        }
    }

    /** Answers all that it was asked meanwhile, with what it knows by now. */
    void speak() {
        List<Runnable> answers;
        synchronized (kept) {
            hushed = "";
            answers = List.copyOf(kept);
            kept.clear();
        }
        answers.forEach(answer -> channel.eventLoop().execute(answer));
    }

    private NameServer every(String name, Reply reply) {
        for (DnsRecordType type : List.of(DnsRecordType.A, DnsRecordType.AAAA, DnsRecordType.SRV)) {
            put(type, name, reply);
        }
        return this;
    }

    private NameServer put(DnsRecordType type, String name, Reply reply) {
        replies.put(type.name() + " " + name, reply);
        return this;
    }

    private final class Handler extends SimpleChannelInboundHandler<DatagramDnsQuery> {
        @Override
        protected void channelRead0(ChannelHandlerContext context, DatagramDnsQuery query) {
            DnsQuestion question = query.recordAt(DnsSection.QUESTION);
            String name = question.name().toLowerCase(Locale.ROOT).replaceAll("\\.$", "");
            String asked = question.type().name() + " " + name;
            InetSocketAddress asker = query.sender();
            InetSocketAddress here = query.recipient();
            int id = query.id();
            Runnable answer = () -> answer(context, asker, here, id, question, asked);
            synchronized (kept) {
                questions.add(asked);
                if (asked.equals(hushed)) {
                    kept.add(answer);
                    return;
                }
            }
            answer.run();
        }

        private void answer(
                ChannelHandlerContext context,
                InetSocketAddress asker,
                InetSocketAddress here,
                int id,
                DnsQuestion question,
                String asked) {
            Reply reply = replies.getOrDefault(asked, new Reply(DnsResponseCode.NXDOMAIN, 0, List.of(), false));
            if (reply.silent()) {
                return;
            }
            DatagramDnsResponse response = new DatagramDnsResponse(/* sender= */ here, /* recipient= */ asker, id);
            response.setCode(reply.code());
            response.setRecursionAvailable(true);
            response.addRecord(
                    DnsSection.QUESTION, new DefaultDnsQuestion(question.name(), question.type(), DnsRecord.CLASS_IN));
            for (byte[] data : reply.data()) {
                response.addRecord(
                        DnsSection.ANSWER,
                        new DefaultDnsRawRecord(
                                question.name(), question.type(), reply.ttl(), Unpooled.wrappedBuffer(data)));
            }
            ChannelFuture unused = context.writeAndFlush(response);
        }
    }

    @Override
    public void close() {
        channel.close().syncUninterruptibly();
        group.shutdownGracefully(0, 1, java.util.concurrent.TimeUnit.SECONDS).syncUninterruptibly();
    }
}
