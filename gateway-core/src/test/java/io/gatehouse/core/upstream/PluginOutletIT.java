package io.gatehouse.core.upstream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.gatehouse.api.OutletOptions;
import io.gatehouse.simulator.FaultServer;
import io.gatehouse.simulator.ServerScript;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollDomainDatagramChannel;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.unix.DomainDatagramPacket;
import io.netty.channel.unix.DomainSocketAddress;
import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.X509Bundle;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.net.NetServer;
import io.vertx.core.net.NetServerOptions;
import io.vertx.core.net.PemKeyCertOptions;
import java.io.InputStream;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Timeout(180)
class PluginOutletIT {
    private static final Vertx VERTX =
            Vertx.vertx(new VertxOptions().setEventLoopPoolSize(1).setPreferNativeTransport(true));

    @AfterAll
    static void stop() throws Exception {
        await(VERTX.close());
    }

    @Test
    void writesOneAfterTheOtherOverOneConnectionAndOpensANewOneWhenItIsGone() throws Exception {
        try (ServerSocket server = new ServerSocket(0, 10, InetAddress.getLoopbackAddress())) {
            PluginOutlet outlet = new PluginOutlet(
                    VERTX, TlsDefaults.NONE, tcp(server.getLocalPort()).build());
            Future<Void> one = outlet.write(Buffer.buffer("one\n"));
            Future<Void> two = outlet.write(Buffer.buffer("two\n"));
            try (Socket first = server.accept()) {
                assertThat(read(first.getInputStream(), 8)).isEqualTo("one\ntwo\n");
                await(one);
                await(two);
            }
            // the end of the connection is noticed at the latest when a write fails
            String written = "";
            server.setSoTimeout(50);
            for (int i = 0; written.isEmpty(); i++) {
                Future<Void> more = outlet.write(Buffer.buffer("more " + i % 10 + '\n'));
                try (Socket second = server.accept()) {
                    written = read(second.getInputStream(), 7);
                } catch (java.net.SocketTimeoutException notYet) {
                    // the old connection took it
                }
                assertThat(more).isNotNull();
            }
            assertThat(written).startsWith("more ");
            await(outlet.close());
            assertThatThrownBy(() -> await(outlet.write(Buffer.buffer("late")))).hasMessageContaining("closed");
        }
    }

    @Test
    void closesAConnectionThatIsNotKept() throws Exception {
        try (ServerSocket server = new ServerSocket(0, 10, InetAddress.getLoopbackAddress())) {
            PluginOutlet outlet = new PluginOutlet(
                    VERTX,
                    TlsDefaults.NONE,
                    tcp(server.getLocalPort()).keepAlive(Duration.ZERO).build());
            for (String text : new String[] {"one", "two"}) {
                Future<Void> written = outlet.write(Buffer.buffer(text));
                try (Socket socket = server.accept()) {
                    assertThat(new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
                            .isEqualTo(text);
                }
                await(written);
            }
            await(outlet.close());
        }
    }

    @Test
    void failsWhereNobodyListensAndWorksWhenSomebodyDoes() throws Exception {
        try (FaultServer server =
                FaultServer.start(ServerScript.builder().stall().build())) {
            server.refuse(); // nobody else gets its port
            PluginOutlet outlet =
                    new PluginOutlet(VERTX, TlsDefaults.NONE, tcp(server.port()).build());
            assertThatThrownBy(() -> await(outlet.write(Buffer.buffer("x")))).hasMessageContaining("refused");
            server.listen();
            await(outlet.write(Buffer.buffer("x")));
            server.await(connection -> connection.receivedText().equals("x"), Duration.ofSeconds(30))
                    .join();
            await(outlet.close());
        }
    }

    @Test
    void givesUpAPeerThatTakesNothing() throws Exception {
        try (ServerSocket server = new ServerSocket(0, 10, InetAddress.getLoopbackAddress())) {
            PluginOutlet outlet = new PluginOutlet(
                    VERTX,
                    TlsDefaults.NONE,
                    tcp(server.getLocalPort()).timeout(Duration.ofSeconds(2)).build());
            Future<Void> written = outlet.write(Buffer.buffer(new byte[64 << 20]));
            try (Socket stuck = server.accept()) {
                assertThat(stuck.isConnected()).isTrue();
                assertThatThrownBy(() -> await(written)).hasMessageContaining("not written within 2000 ms");
            }
            await(outlet.close());
        }
    }

    /**
     * The server's certificate is for {@code sink.test} and {@code localhost}, and from an authority that Java does not know.
     */
    @ParameterizedTest
    @CsvSource(
            nullValues = "-",
            value = {
                "gateway's authorities, 127.0.0.1, sink.test, true, -",
                "gateway's authorities, 127.0.0.1, other.test, true, No subject alternative DNS name matching other.test found.",
                "gateway's authorities, localhost, other.test, true, No subject alternative DNS name matching other.test found.",
                "gateway's authorities, 127.0.0.1, -, true, No subject alternative names matching IP address 127.0.0.1 found",
                "gateway's authorities, localhost, -, true, -",
                "gateway's authorities, localhost, sink.test, true, -",
                "Java's, 127.0.0.1, sink.test, true, unable to find valid certification path to requested target",
                "Java's, 127.0.0.1, sink.test, false, -",
                "Java's, 127.0.0.1, other.test, false, -",
                "Java's, 127.0.0.1, -, false, -",
            })
    void asksATlsServerForItsCertificate(
            String trusted, String host, @Nullable String name, boolean verify, @Nullable String problem)
            throws Exception {
        X509Bundle root = new CertificateBuilder()
                .ecp256()
                .subject("CN=root")
                .setIsCertificateAuthority(true)
                .buildSelfSigned();
        X509Bundle certificate = new CertificateBuilder()
                .ecp256()
                .subject("CN=sink.test")
                .addSanDnsName("sink.test")
                .addSanDnsName("localhost")
                .buildIssuedBy(root);
        BlockingQueue<String> received = new LinkedBlockingQueue<>();
        NetServer server = VERTX.createNetServer(new NetServerOptions()
                        .setHost("127.0.0.1")
                        .setPort(0)
                        .setSsl(true)
                        .setSni(true)
                        .setKeyCertOptions(new PemKeyCertOptions()
                                .addCertValue(Buffer.buffer(certificate.getCertificatePathPEM()))
                                .addKeyValue(Buffer.buffer(certificate.getPrivateKeyPEM()))))
                .connectHandler(socket ->
                        socket.handler(bytes -> received.add(socket.indicatedServerName() + " got " + bytes)));
        await(server.listen());
        TlsDefaults authorities = trusted.equals("Java's")
                ? TlsDefaults.NONE
                : new TlsDefaults(true, List.of(root.getCertificatePEM()), -1, null, null);
        PluginOutlet outlet = new PluginOutlet(
                VERTX,
                authorities,
                OutletOptions.tcp(host, server.actualPort())
                        .timeout(Duration.ofSeconds(30))
                        .tls(true)
                        .serverName(name)
                        .verifyTls(verify)
                        .build());

        Future<Void> written = outlet.write(Buffer.buffer("one"));

        if (problem == null) {
            await(written);
            assertThat(received.poll(60, TimeUnit.SECONDS)).isEqualTo(name + " got one");
        } else {
            assertThatThrownBy(() -> await(written))
                    .hasMessage("tls://" + host + ':' + server.actualPort() + ": " + problem);
            assertThat(received).isEmpty();
        }
        await(outlet.close());
        await(server.close());
    }

    @Test
    void sendsDatagrams() throws Exception {
        try (DatagramSocket server = new DatagramSocket(0, InetAddress.getLoopbackAddress())) {
            server.setSoTimeout(60_000);
            PluginOutlet outlet = new PluginOutlet(
                    VERTX,
                    TlsDefaults.NONE,
                    OutletOptions.udp("127.0.0.1", server.getLocalPort()).build());
            for (String text : new String[] {"one", "two"}) {
                await(outlet.write(Buffer.buffer(text)));
                DatagramPacket packet = new DatagramPacket(new byte[100], 100);
                server.receive(packet);
                assertThat(new String(packet.getData(), 0, packet.getLength(), StandardCharsets.UTF_8))
                        .isEqualTo(text);
            }
            assertThatThrownBy(() -> await(outlet.write(Buffer.buffer(new byte[70_000]))))
                    .isNotNull();
            await(outlet.write(Buffer.buffer("still there")));
            await(outlet.close());
        }
    }

    @Test
    void writesToASocketOfTheMachine(@TempDir Path folder) throws Exception {
        assumeTrue(Epoll.isAvailable(), "no native transport here");
        DomainSocketAddress address =
                new DomainSocketAddress(folder.resolve("log").toFile());
        PluginOutlet outlet = new PluginOutlet(
                VERTX, TlsDefaults.NONE, OutletOptions.local(address.path()).build());
        assertThatThrownBy(() -> await(outlet.write(Buffer.buffer("nobody")))).isNotNull();

        BlockingQueue<String> received = new LinkedBlockingQueue<>();
        MultiThreadIoEventLoopGroup group = new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());
        try {
            Channel server = new Bootstrap()
                    .group(group)
                    .channel(EpollDomainDatagramChannel.class)
                    .handler(new SimpleChannelInboundHandler<DomainDatagramPacket>() {
                        @Override
                        protected void channelRead0(ChannelHandlerContext context, DomainDatagramPacket packet) {
                            received.add(packet.content().toString(StandardCharsets.UTF_8));
                        }
                    })
                    .bind(address)
                    .sync()
                    .channel();
            await(outlet.write(Buffer.buffer("one")));
            await(outlet.write(Buffer.buffer("two")));

            assertThat(received.poll(60, TimeUnit.SECONDS)).isEqualTo("one");
            assertThat(received.poll(60, TimeUnit.SECONDS)).isEqualTo("two");
            server.close().sync();
        } finally {
            group.shutdownGracefully(0, 1, TimeUnit.SECONDS).sync();
        }
        await(outlet.close());
    }

    private static OutletOptions.Builder tcp(int port) {
        return OutletOptions.tcp("127.0.0.1", port).timeout(Duration.ofSeconds(30));
    }

    private static String read(InputStream in, int bytes) throws Exception {
        return new String(in.readNBytes(bytes), StandardCharsets.UTF_8);
    }

    private static void await(Future<?> future) throws Exception {
        try {
            future.toCompletionStage().toCompletableFuture().get(60, TimeUnit.SECONDS);
        } catch (ExecutionException e) {
            throw e.getCause() instanceof Exception cause ? cause : e;
        }
    }
}
