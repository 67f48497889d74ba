package io.gatehouse.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.gatehouse.simulator.FaultServer;
import io.gatehouse.simulator.ServerScript;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Many clients that each do little: idle streams, handshakes, connections that only begin. */
final class CrowdsIT {
    @RegisterExtension
    static final Running RUNNING = new Running().lookingForLeaks();

    private static final long MAY_GROW = 64L << 20;

    private static final int STREAMS = Effort.isLong() ? 5000 : 1000;
    private static final int HANDSHAKES = Effort.isLong() ? 100_000 : 500;

    /** Requests at a time, beside the streams. */
    private static final int ROOM = 10;

    private static PackagedGateway gateway;
    private static PackagedGateway tls;
    private static Certificate trusted;

    @BeforeAll
    static void start() throws Exception {
        FaultServer streams = RUNNING.add(FaultServer.builder()
                .capture(0)
                .start(ServerScript.builder()
                        .readRequest()
                        .eventStreamHead()
                        .chunk("data: begun\n\n")
                        .stall()
                        .build()));
        FaultServer origin =
                RUNNING.add(FaultServer.builder().capture(0).start(ServerScript.answering("{\"ok\":true}")));
        gateway = RUNNING.add(PackagedGateway.named("crowds")
                .observed()
                .env("GATEHOUSE_CLIENT_MAX_EXCHANGES", Integer.toString(STREAMS + ROOM))
                .yaml("kong.yaml", """
                        services:
                          - name: streams
                            url: http://127.0.0.1:%d/
                            read_timeout: 600000
                            routes: [{name: streams, paths: [/stream]}]
                          - name: origin
                            url: http://127.0.0.1:%d/
                            routes: [{name: origin, paths: [/public]}]
                        """.formatted(streams.port(), origin.port()))
                .start());
        PackagedGateway.Builder over = PackagedGateway.named("handshakes")
                .observed()
                .env("KONG_PROXY_LISTEN", "127.0.0.1:0, 127.0.0.1:0 http2 ssl")
                .env("GATEHOUSE_CLIENT_HEADER_TIMEOUT", "10s");
        Certificate certificate = Certificate.selfSigned(over.folder());
        tls = RUNNING.add(over.env("KONG_SSL_CERT", certificate.certificate().toString())
                .env("KONG_SSL_CERT_KEY", certificate.key().toString())
                .yaml("kong.yaml", """
                        services:
                          - name: origin
                            url: http://127.0.0.1:%d/
                            routes: [{name: origin, paths: [/public]}]
                        certificates:
                          - cert: |
                        %s
                            key: |
                        %s
                            snis: [{name: "*.example.com"}]
                        """.formatted(
                                origin.port(),
                                Workplace.read(certificate.certificate()).indent(6),
                                Workplace.read(certificate.key()).indent(6)))
                .start());
        trusted = certificate;
    }

    @Test
    void idleStreamsLeaveRoomForOthersUpToALimit() throws IOException {
        List<Wire> streams = new ArrayList<>();
        try {
            for (int i = 0; i < STREAMS; i++) {
                streams.add(open());
            }
            for (Wire stream : streams) {
                stream.until("data: begun\n\n");
            }
            for (int i = 0; i < 100; i++) {
                assertThat(good().status()).isEqualTo(200);
            }
            // what has been answered may still be counted for a moment
            Workplace.awaitTrue(
                    Workplace.SOON,
                    () -> gateway.metrics().sum("gatehouse_exchanges_in_flight") == STREAMS,
                    () -> gateway.metrics().sum("gatehouse_exchanges_in_flight") + " requests run");
            for (int i = 0; i < ROOM; i++) {
                Wire one = open();
                streams.add(one);
                one.until("data: begun\n\n");
            }
            Wire.Answer tooMany = good();
            assertThat(tooMany.status()).isEqualTo(503);
            assertThat(tooMany.header("retry-after")).isEqualTo("5");
            Workplace.awaitTrue(
                    Workplace.SOON,
                    () -> gateway.metrics().sum("gatehouse_requests_shed_total", "reason", "exchanges") == 1,
                    () -> gateway.metrics().of("gatehouse_requests_shed_total").toString());
        } finally {
            for (Wire stream : streams) {
                stream.leave();
            }
        }
        Workplace.awaitTrue(Workplace.SOON, () -> good().status() == 200, () -> "there is no room again");
    }

    private static Wire open() throws IOException {
        return Wire.to(gateway.proxyPort()).send("GET /stream HTTP/1.1\r\nHost: a\r\n\r\n");
    }

    private static Wire.Answer good() throws IOException {
        return Wire.call(gateway.proxyPort(), Wire.request("GET", "/public", "", "Connection: close"));
    }

    @Test
    void handshakesWithEverNewNamesLeaveNothingBehind() throws Exception {
        handshakes(0, 200); // what is made once is made
        long before = tls.vitals().residentBytes();
        handshakes(200, HANDSHAKES);
        long grown = tls.vitals().residentBytes() - before;
        System.out.printf("%d handshakes with as many names: %d KB more resident%n", HANDSHAKES, grown / 1024);
        assertThat(grown).isLessThan(MAY_GROW);
    }

    private static void handshakes(int from, int count) throws Exception {
        ExecutorService clients = Executors.newFixedThreadPool(4);
        try {
            List<Future<?>> all = new ArrayList<>();
            for (int i = from; i < from + count; i++) {
                String name = "n" + i + ".example.com";
                all.add(clients.submit(() -> {
                    try (SSLSocket socket = (SSLSocket)
                            trusted.trusted().getSocketFactory().createSocket("127.0.0.1", tls.secondProxyPort())) {
                        socket.setTcpNoDelay(true);
                        SSLParameters parameters = socket.getSSLParameters();
                        parameters.setServerNames(List.of(new SNIHostName(name)));
                        socket.setSSLParameters(parameters);
                        socket.startHandshake();
                        return socket.getSession().isValid();
                    }
                }));
            }
            for (Future<?> one : all) {
                assertThat(one.get()).isEqualTo(true);
            }
        } finally {
            clients.shutdown();
        }
    }

    @Test
    void hellosThatClaimMegabytesGetNone() throws IOException {
        long before = tls.vitals().residentBytes();
        // a handshake record with a ClientHello of 16 MB, of which little comes
        byte[] hello = {22, 3, 1, 0x40, 0, 1, (byte) 0xff, (byte) 0xff, (byte) 0xff, 3, 3, 0, 0, 0, 0, 0};
        List<Wire> clients = new ArrayList<>();
        try {
            for (int i = 0; i < 200; i++) {
                clients.add(Wire.to(tls.secondProxyPort()).send(hello));
            }
            long grown = tls.vitals().residentBytes() - before;
            System.out.printf("200 hellos of 16 MB each: %d KB more resident%n", grown / 1024);
            assertThat(grown).isLessThan(MAY_GROW);
            for (Wire client : clients) {
                client.rest(); // ends by itself: an alert or the deadline
            }
        } finally {
            for (Wire client : clients) {
                client.leave();
            }
        }
        Workplace.awaitTrue(
                Workplace.SOON,
                () -> tls.vitals().clients(tls.secondProxyPort()) == 0,
                () -> tls.vitals().clients(tls.secondProxyPort()) + " connections are open");
        assertThat(tls.vitals().residentBytes() - before).isLessThan(MAY_GROW);
    }
}
