package io.gatehouse.core.server;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.gatehouse.core.Gateway;
import io.gatehouse.core.Settings;
import io.gatehouse.simulator.FaultServer;
import io.gatehouse.simulator.ServerScript;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.slf4j.LoggerFactory;

/**
 * A gateway in front of a raw upstream, and raw sockets to it. Afterwards nothing may be in flight and the error log must
 * be clean, but for faults that a test planted.
 */
@NullUnmarked
@SuppressWarnings("AddressSelection") // an address is an address
final class Rig implements BeforeEachCallback, AfterEachCallback {
    /** How long is waited for what comes in a moment, on a machine that is busy. */
    static final Duration SOON = Duration.ofSeconds(30);

    /** A limit for plugins that hang. It holds for the start too, which must not reach it on a machine that is busy. */
    static final Duration HANGS = Duration.ofSeconds(3);

    final ListAppender<ILoggingEvent> log = new ListAppender<>();
    FaultServer upstream;
    Gateway gateway;
    boolean errorsPlanted;
    /** Further fields of the service, as YAML within braces. */
    String service;
    /** Where the service is; null for the upstream. */
    String url;

    private final HttpClient client =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private Path file;

    @Override
    public void beforeEach(ExtensionContext context) {
        ProbeFactory.LOGGED.clear();
        ProbeFactory.IDS.clear();
        ProbeFactory.LIVES.clear();
        errorsPlanted = false;
        service = "retries: 0";
        url = null;
        gateway = null;
        file = null;
        log.list = new CopyOnWriteArrayList<>(); // it is read while the gateway writes
        log.start();
        root().addAppender(log);
        upstream = FaultServer.start(ServerScript.answering("{\"ok\":true}"));
    }

    @Override
    public void afterEach(ExtensionContext context) throws IOException {
        if (file != null) {
            Files.delete(file);
        }
        if (gateway != null) {
            await(() -> gateway.inFlight() == 0, () -> "in flight: " + gateway.inFlight());
            gateway.close();
        }
        upstream.close();
        root().detachAppender(log);
        if (errorsPlanted) {
            assertThat(errors()).isNotEmpty().allMatch(error -> error.startsWith("plugin failed: "));
        } else {
            assertThat(errors()).isEmpty();
        }
    }

    /** The messages of all errors so far. */
    List<String> errors() {
        return List.copyOf(log.list).stream()
                .filter(event -> event.getLevel().isGreaterOrEqual(Level.ERROR))
                .map(ILoggingEvent::getFormattedMessage)
                .toList();
    }

    private static Logger root() {
        return (Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
    }

    static void await(BooleanSupplier condition, java.util.function.Supplier<String> otherwise) {
        long end = System.nanoTime() + SOON.toNanos();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() > end) {
                throw new AssertionError(otherwise.get());
            }
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(5));
        }
    }

    /** Waits until the upstream has seen the end of its first connection. */
    void upstreamEnds() {
        await(
                () -> !upstream.connections().isEmpty()
                        && upstream.connections().get(0).ended(),
                () -> "the upstream still waits: " + upstream.connections());
    }

    /** Waits for so many calls of {@code log} and gives them. */
    List<String> logged(int count) {
        await(() -> ProbeFactory.LOGGED.size() >= count, () -> "logged: " + ProbeFactory.LOGGED);
        return List.copyOf(ProbeFactory.LOGGED);
    }

    Settings.Builder settings() {
        return Settings.builder()
                .proxyListen(List.of(Settings.Listen.of("127.0.0.1", 0)))
                .adminListen(List.of())
                .statusListen(List.of())
                .eventLoops(1)
                .watch(false);
    }

    void start(String plugins) throws Exception {
        start(plugins, settings());
    }

    void start(String plugins, Settings.Builder settings) throws Exception {
        file = Files.createTempFile("kong", ".yaml");
        configure(plugins);
        gateway = Gateway.start(settings.configs(List.of(file)).build());
    }

    /** Starts with a configuration of the test's own. */
    void serve(String text, Settings.Builder settings) throws Exception {
        file = Files.createTempFile("kong", ".yaml");
        write(text);
        gateway = Gateway.start(settings.configs(List.of(file)).build());
    }

    void configure(String plugins) throws IOException {
        write("""
                    _format_version: "3.0"
                    services:
                      - {name: one, url: "%s", %s%s}
                    plugins:
                      [%s]
                    """.formatted(
                        url == null ? upstream.baseUrl() + "/base" : url,
                        service,
                        service.contains("routes:") ? "" : ", routes: [{name: r, paths: [/a]}]",
                        plugins));
    }

    /** Replaces the configuration file by a text, good or bad. */
    void write(String text) throws IOException {
        Files.writeString(file, text);
    }

    HttpResponse<String> get(String path, String... headers) throws Exception {
        return send("GET", path, HttpRequest.BodyPublishers.noBody(), headers);
    }

    HttpResponse<String> send(String method, String path, HttpRequest.BodyPublisher body, String... headers)
            throws Exception {
        HttpRequest.Builder request = HttpRequest.newBuilder(
                        URI.create("http://127.0.0.1:" + gateway.proxyPort() + path))
                .timeout(Duration.ofSeconds(60))
                .method(method, body);
        if (headers.length > 0) {
            request.headers(headers);
        }
        return client.send(request.build(), HttpResponse.BodyHandlers.ofString());
    }

    Socket connect() throws IOException {
        Socket socket = new Socket("127.0.0.1", gateway.proxyPort());
        socket.setSoTimeout((int) SOON.toMillis());
        return socket;
    }

    static void send(Socket socket, String bytes) throws IOException {
        socket.getOutputStream().write(bytes.getBytes(ISO_8859_1));
    }

    /** Sends bytes and reads until the gateway ends the connection. */
    String raw(String bytes) throws IOException {
        try (Socket socket = connect()) {
            send(socket, bytes);
            return rest(socket);
        }
    }

    /** Reads until the gateway ends the connection and tells how it did; {@code <open>} when it does not. */
    static String rest(Socket socket) throws IOException {
        StringBuilder text = new StringBuilder();
        byte[] block = new byte[8192];
        InputStream in = socket.getInputStream();
        try {
            for (int n = in.read(block); n >= 0; n = in.read(block)) {
                text.append(new String(block, 0, n, ISO_8859_1));
            }
            return text.append("<closed>").toString();
        } catch (SocketTimeoutException e) {
            return text.append("<open>").toString();
        } catch (SocketException e) {
            return text.append("<reset>").toString();
        }
    }

    /** Reads until a text came, and not a byte more. */
    static String until(Socket socket, String wanted) throws IOException {
        StringBuilder text = new StringBuilder();
        InputStream in = socket.getInputStream();
        while (text.indexOf(wanted, text.length() - wanted.length()) < 0) {
            int next = in.read();
            assertThat(next).as("before '%s' came only: %s", wanted, text).isNotNegative();
            text.append((char) next);
        }
        return text.toString();
    }
}
