package io.gatehouse.e2e;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.gatehouse.simulator.FaultServer;
import io.gatehouse.simulator.ServerScript;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;

/**
 * HTTP/2 as others see it: the h2spec suite, curl and h2load, in clear text and over TLS; and what it costs when somebody
 * sends frames to do harm. How such a client is answered is for the gateway's own suite.
 */
final class Http2IT {
    @RegisterExtension
    static final Running RUNNING = new Running();

    private static final String H2SPEC = "/h2spec/2.2.0/h2spec_linux_amd64.tar.gz";

    /** What of h2spec's strict cases is known to fail, each with its reason beside it. There is none. */
    private static final Set<String> MISSES = Set.of();

    private static PackagedGateway clear;
    private static PackagedGateway tls;

    @BeforeAll
    static void start() throws Exception {
        FaultServer upstream = RUNNING.add(FaultServer.start(ServerScript.answering("{\"ok\":true}")));
        String yaml = """
                services:
                  - {name: up, url: "%s", routes: [{name: up, paths: [/up]}]}
                """.formatted(upstream.baseUrl());
        clear = RUNNING.add(PackagedGateway.named("http2")
                .observed()
                .timed()
                .env("KONG_PROXY_LISTEN", "127.0.0.1:0 http2")
                .yaml("kong.yaml", yaml)
                .start());
        PackagedGateway.Builder over = PackagedGateway.named("http2-tls")
                .observed()
                .env("KONG_PROXY_LISTEN", "127.0.0.1:0 http2 ssl")
                .yaml("kong.yaml", yaml);
        Certificate certificate = Certificate.selfSigned(over.folder());
        tls = RUNNING.add(over.env("KONG_SSL_CERT", certificate.certificate().toString())
                .env("KONG_SSL_CERT_KEY", certificate.key().toString())
                .start());
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void doesAsTheSpecificationSays(boolean encrypted) throws Exception {
        assumeTrue(
                System.getProperty("os.name").equals("Linux")
                        && System.getProperty("os.arch").equals("amd64"),
                "h2spec is a program for Linux on x86-64");
        Path folder = Workplace.folderFor("h2spec" + (encrypted ? "-tls" : ""));
        Path archive = folder.resolve("h2spec.tar.gz");
        try (InputStream in = requireNonNull(Http2IT.class.getResourceAsStream(H2SPEC))) {
            Files.copy(in, archive, StandardCopyOption.REPLACE_EXISTING);
        }
        assertThat(run(folder, "tar", "xzf", archive.toString()).exit()).isZero();
        Path report = folder.resolve("report.xml");
        List<String> command = new ArrayList<>(List.of(
                folder.resolve("h2spec").toString(),
                "-S",
                "-h",
                "127.0.0.1",
                "-p",
                Integer.toString((encrypted ? tls : clear).proxyPort()),
                "-P",
                "/up",
                "-j",
                report.toString(),
                "--timeout", // seconds that an answer may take; the default is 2
                "6"));
        if (encrypted) {
            command.addAll(List.of("-t", "-k"));
        }
        Workplace.Ran ran = run(folder, command.toArray(new String[0]));

        Document read =
                DocumentBuilderFactory.newInstance().newDocumentBuilder().parse(report.toFile());
        NodeList cases = read.getElementsByTagName("testcase");
        assertThat(cases.getLength()).as(ran.out()).isEqualTo(146);
        Set<String> missed = new TreeSet<>();
        for (int i = 0; i < cases.getLength(); i++) {
            Element one = (Element) cases.item(i);
            if (one.getElementsByTagName("failure").getLength()
                            + one.getElementsByTagName("error").getLength()
                            + one.getElementsByTagName("skipped").getLength()
                    > 0) {
                missed.add(one.getAttribute("package") + " " + one.getAttribute("classname"));
            }
        }
        assertThat(missed).as(ran.out()).isEqualTo(MISSES);
    }

    @Test
    void servesCurl() throws Exception {
        String curl = Peers.program("curl", "Http2IT").toString();
        Path folder = Workplace.folderFor("http2-curl");
        String clearUrl = "http://127.0.0.1:" + clear.proxyPort() + "/up";
        String tlsUrl = "https://127.0.0.1:" + tls.proxyPort() + "/up";
        String end = "\n%{http_version} %{response_code}";
        String expected = "{\"ok\":true}\n";

        assertThat(run(folder, curl, "-sS", "--http2-prior-knowledge", "-w", end, clearUrl)
                        .out())
                .isEqualTo(expected + "2 200");
        assertThat(run(folder, curl, "-sS", "--http2", "-w", end, clearUrl).out())
                .isEqualTo(expected + "1.1 200");
        assertThat(run(folder, curl, "-sS", "--http1.1", "-w", end, clearUrl).out())
                .isEqualTo(expected + "1.1 200");
        assertThat(run(folder, curl, "-sSk", "--http2", "-w", end, "-d", "hello", tlsUrl)
                        .out())
                .isEqualTo(expected + "2 200");
        assertThat(run(folder, curl, "-sSk", "--http1.1", "--tls-max", "1.2", "-w", end, tlsUrl)
                        .out())
                .isEqualTo(expected + "1.1 200");
    }

    @Test
    void answersEveryRequestOfManyStreams() throws Exception {
        String h2load = Peers.program("h2load", "Http2IT").toString();
        for (String url : List.of(
                "http://127.0.0.1:" + clear.proxyPort() + "/up", "https://127.0.0.1:" + tls.proxyPort() + "/up")) {
            Workplace.Ran ran =
                    run(Workplace.folderFor("http2-load"), h2load, "-n", "4000", "-c", "4", "-m", "100", url);
            assertThat(ran.out()).contains("4000 succeeded, 0 failed, 0 errored, 0 timeout");
        }
    }

    // ---- frames that are to do harm

    private static final byte[] HELLO = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(StandardCharsets.US_ASCII);
    private static final int HEADERS = 1;
    private static final int RST_STREAM = 3;
    private static final int SETTINGS = 4;
    private static final int GOAWAY = 7;
    private static final int CONTINUATION = 9;
    private static final int ENHANCE_YOUR_CALM = 11;
    private static final int WHOLE_REQUEST = 5;
    private static final int END_STREAM = 1;

    /** GET http://a/up: three fields of the static table, and the path and the authority as they are. */
    private static final byte[] GET = {(byte) 0x82, (byte) 0x86, 0x04, 3, '/', 'u', 'p', 0x01, 1, 'a'};

    private static void frame(ByteArrayOutputStream out, int type, int flags, int stream, byte... payload) {
        out.writeBytes(ByteBuffer.allocate(9)
                .put((byte) (payload.length >> 16))
                .putShort((short) payload.length)
                .put((byte) type)
                .put((byte) flags)
                .putInt(stream)
                .array());
        out.writeBytes(payload);
    }

    /** A connection that asks so many times for something, and takes it back at once or makes the gateway do so. */
    private static byte[] resets(int requests, int type, byte[] payload) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.writeBytes(HELLO);
        frame(out, SETTINGS, 0, 0);
        for (int i = 0; i < requests; i++) {
            frame(out, HEADERS, WHOLE_REQUEST, 2 * i + 1, GET);
            frame(out, type, 0, 2 * i + 1, payload);
        }
        return out.toByteArray();
    }

    /** A frame of the gateway: its type, its stream, and what a farewell or a reset says. */
    private record Came(int type, int stream, int code) {
        static Came on(DataInputStream in) throws IOException {
            int length = in.readUnsignedByte() << 16 | in.readUnsignedShort();
            int type = in.readUnsignedByte();
            in.skipNBytes(1);
            int stream = in.readInt();
            ByteBuffer payload = ByteBuffer.wrap(in.readNBytes(length));
            return new Came(
                    type, stream, type == GOAWAY ? payload.getInt(4) : type == RST_STREAM ? payload.getInt(0) : -1);
        }
    }

    private static Socket connect() throws IOException {
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), clear.proxyPort());
        socket.setSoTimeout((int) Workplace.SOON.toMillis());
        return socket;
    }

    /** Sends all that the gateway takes and reads until it ends the connection; the code of its farewell, or -1. */
    private static int attack(byte[] bytes) throws Exception {
        int code = -1;
        try (Socket socket = connect()) {
            Thread sending = new Thread(() -> {
                try {
                    socket.getOutputStream().write(bytes);
                } catch (IOException cutOff) {
                    // it need not take all of them
                }
            });
            sending.start();
            DataInputStream in = new DataInputStream(new BufferedInputStream(socket.getInputStream()));
            try {
                while (true) {
                    Came frame = Came.on(in);
                    code = frame.type() == GOAWAY ? frame.code() : code;
                }
            } catch (EOFException | SocketException ended) {
                sending.join();
                return code;
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"rapid reset, 5000, 3", "resets that the gateway is made to send, 3000, 8"})
    void whoResetsAndResetsHoldsUpNobody(String what, int requests, int type) throws Exception {
        byte[] bytes = resets(requests, type, type == RST_STREAM ? new byte[] {0, 0, 0, 8} : new byte[4]);
        Load load = new Load(clear, 4, Wire.request("GET", "/up", "", "Connection: close"));
        try {
            Load.Usual usual = load.usual();
            for (int i = 0; i < Effort.times(1); i++) {
                long begin = System.nanoTime();
                assertThat(attack(bytes)).isIn(ENHANCE_YOUR_CALM, -1); // a reset may overtake what was said
                System.out.printf("%s: cut off after %d ms%n", what, (System.nanoTime() - begin) / 1_000_000);
                load.awaitServed(300);
            }
            load.assertAtMostDoubled(what, usual);
            load.endUnharmed();
        } finally {
            load.end();
        }
    }

    @Test
    void aHeadThatNeverEndsCostsLittle() throws Exception {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.writeBytes(HELLO);
        frame(out, SETTINGS, 0, 0);
        frame(out, HEADERS, END_STREAM, 1, GET);
        for (int i = 0; i < 200_000; i++) {
            frame(out, CONTINUATION, 0, 1);
        }
        Duration before = clear.vitals().cpu();
        assertThat(attack(out.toByteArray())).isIn(ENHANCE_YOUR_CALM, -1);
        Duration used = clear.vitals().cpu().minus(before);
        System.out.printf("200,000 empty CONTINUATION frames: %d ms of processor time%n", used.toMillis());
        assertThat(used).isLessThan(Duration.ofSeconds(2));
    }

    /** A field of two letters is put into the table once and named 4,000 times by each of 100 heads. */
    @Test
    void headsOfOneByteFieldsCostLittle() throws Exception {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.writeBytes(HELLO);
        frame(out, SETTINGS, 0, 0, new byte[] {0, 4, 0, 0, 0, 0}); // no window for any answer's body
        for (int i = 0; i < 100; i++) {
            ByteArrayOutputStream head = new ByteArrayOutputStream();
            head.writeBytes(GET);
            head.writeBytes(i == 0 ? new byte[] {0x40, 1, 'x', 1, 'y'} : new byte[] {(byte) 0xBE});
            byte[] references = new byte[3999];
            Arrays.fill(references, (byte) 0xBE); // the youngest entry of the table
            head.writeBytes(references);
            frame(out, HEADERS, WHOLE_REQUEST, 2 * i + 1, head.toByteArray());
        }
        long resident = clear.vitals().residentBytes();
        try (Socket socket = connect()) {
            socket.getOutputStream().write(out.toByteArray());
            DataInputStream in = new DataInputStream(new BufferedInputStream(socket.getInputStream()));
            Set<Integer> refused = new TreeSet<>();
            while (refused.size() < 100) { // each with a head that says so, or a reset
                Came frame = Came.on(in);
                assertThat(frame.type()).as("%s", frame).isNotEqualTo(GOAWAY);
                if (frame.type() == HEADERS || frame.type() == RST_STREAM) {
                    refused.add(frame.stream());
                }
            }
            long grown = clear.vitals().residentBytes() - resident;
            System.out.printf("100 heads of 4,000 fields: %d KB more resident%n", grown / 1024);
            assertThat(grown).isLessThan(32 << 20);
        }
    }

    private static Workplace.Ran run(Path folder, String... command) throws Exception {
        return Workplace.run(folder, Workplace.cleanEnvironment(), Duration.ofMinutes(10), command);
    }
}
