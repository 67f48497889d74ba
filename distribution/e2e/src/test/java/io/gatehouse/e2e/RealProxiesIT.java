package io.gatehouse.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** A real nginx in front that is trusted, and a real curl before it: who the client is, and what is too large. */
final class RealProxiesIT {
    @RegisterExtension
    static final Running RUNNING = new Running();

    private static final String CLIENT = "203.0.113.7";

    private static HttpServer upstream;
    private static PackagedGateway gateway;
    private static Nginx nginx;
    private static Path folder;

    @BeforeAll
    static void start() throws Exception {
        Path program = Peers.program("nginx", "RealProxiesIT");
        Peers.program("curl", "RealProxiesIT");
        folder = Workplace.folderFor("curl");
        upstream = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 50);
        upstream.createContext("/", exchange -> {
            exchange.getRequestBody().transferTo(OutputStream.nullOutputStream());
            StringBuilder seen = new StringBuilder();
            exchange.getRequestHeaders()
                    .forEach((name, values) -> seen.append(name.toLowerCase(Locale.ROOT))
                            .append(": ")
                            .append(String.join(" | ", values))
                            .append('\n'));
            byte[] body = seen.toString().getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(200, body.length);
            exchange.getResponseBody().write(body);
            exchange.close();
        });
        upstream.start();
        RUNNING.add(() -> upstream.stop(0));
        gateway = RUNNING.add(PackagedGateway.named("real-proxies")
                .env("KONG_TRUSTED_IPS", "127.0.0.0/8")
                .env("KONG_REAL_IP_HEADER", "X-Forwarded-For")
                .env("KONG_REAL_IP_RECURSIVE", "on")
                .env("KONG_NGINX_HTTP_CLIENT_MAX_BODY_SIZE", "100k")
                .env("KONG_HEADERS", "server_tokens, X-Kong-Request-Id, X-Kong-Upstream-Status")
                .yaml("kong.yaml", """
                        services:
                          - name: echo
                            url: http://127.0.0.1:%d
                            routes:
                              - {name: open, paths: [/open]}
                              - {name: secure, paths: [/secure], protocols: [https]}
                              - name: closed
                                paths: [/closed]
                                plugins: [{name: ip-restriction, config: {deny: [203.0.113.0/24]}}]
                              - name: counted
                                paths: [/counted]
                                plugins: [{name: rate-limiting, config: {year: 1, limit_by: ip, policy: local}}]
                        """.formatted(upstream.getAddress().getPort()))
                .observed()
                .start());
        nginx = RUNNING.add(Nginx.before(program, gateway.proxyPort()));
    }

    /** Standard output of a curl to nginx that sends the head of the answer too. */
    private static String curl(String path, String... arguments) throws Exception {
        List<String> command = new ArrayList<>(List.of("curl", "-sS", "-i", "--max-time", "50"));
        command.addAll(List.of(arguments));
        command.add("http://127.0.0.1:" + nginx.port + path);
        Workplace.Ran ran =
                Workplace.run(folder, Workplace.cleanEnvironment(), Workplace.SOON, command.toArray(new String[0]));
        assertThat(ran.exit()).as(ran.err()).isZero();
        return ran.out().replace("\r\n", "\n");
    }

    private static String from(String address) {
        return "X-Forwarded-For: " + address;
    }

    @Test
    void theClientIsWhoTheTrustedProxySaysItIs() throws Exception {
        long before = gateway.accessLog().size();
        String answer = curl("/open/a?b", "-H", from(CLIENT));

        assertThat(answer)
                .startsWith("HTTP/1.1 200 ")
                .contains("\nx-real-ip: " + CLIENT + "\n")
                .contains("\nx-forwarded-for: " + CLIENT + ", 127.0.0.1, 127.0.0.1\n")
                .contains("\nx-forwarded-proto: https\n")
                .contains("\nx-forwarded-host: shop.example\n")
                .contains("\nx-forwarded-port: 443\n")
                .contains("\nx-forwarded-path: /open/a\n")
                .contains("\nx-forwarded-prefix: /open\n")
                .containsIgnoringCase("\nx-kong-upstream-status: 200\n")
                .containsIgnoringCase("\nvia: 1.1 gatehouse/");
        JsonNode entry = gateway.entriesSince(before, "open", 1).get(0);
        assertThat(entry.at("/client_ip").asText()).isEqualTo(CLIENT);
    }

    @Test
    void anHttpsOnlyRouteTakesItsWord() throws Exception {
        assertThat(curl("/secure")).startsWith("HTTP/1.1 200 ");
    }

    @Test
    void restrictionsAndLimitsMeanTheClient() throws Exception {
        assertThat(curl("/closed", "-H", from(CLIENT)))
                .startsWith("HTTP/1.1 403 ")
                .contains("IP address not allowed: " + CLIENT);
        assertThat(curl("/closed", "-H", from("198.51.100.1"))).startsWith("HTTP/1.1 200 ");
        assertThat(curl("/counted", "-H", from(CLIENT))).startsWith("HTTP/1.1 200 ");
        assertThat(curl("/counted", "-H", from(CLIENT))).startsWith("HTTP/1.1 429 ");
        assertThat(curl("/counted", "-H", from("198.51.100.1"))).startsWith("HTTP/1.1 200 ");
    }

    @Test
    void aBodyThatIsTooLargeIsRefusedHoweverItComes() throws Exception {
        Path large = folder.resolve("large");
        Files.write(large, new byte[200 * 1024]);
        Path fitting = folder.resolve("fitting");
        Files.write(fitting, new byte[100 * 1024]);

        assertThat(curl("/open", "--data-binary", "@" + large)).contains("413 ", "Payload too large");
        assertThat(curl("/open", "--data-binary", "@" + large, "-H", "Transfer-Encoding: chunked"))
                .contains("413 ", "Payload too large");
        assertThat(curl("/open", "--data-binary", "@" + fitting, "-H", "Transfer-Encoding: chunked"))
                .contains("HTTP/1.1 200 ");
    }

    /** A real nginx that passes everything on to the gateway, as the end of TLS would. */
    private static final class Nginx implements AutoCloseable {
        private final Process process;
        private final int port;

        private Nginx(Process process, int port) {
            this.process = process;
            this.port = port;
        }

        static Nginx before(Path program, int gateway) throws IOException {
            // another process may take the port between the look and the start: then another one is tried
            for (int attempt = 0; attempt < 3; attempt++) {
                Path home = Workplace.folderFor("nginx" + attempt);
                int port = Workplace.freePort();
                Path config = Workplace.write(home.resolve("nginx.conf"), """
                        daemon off;
                        pid %1$s/pid;
                        error_log %1$s/error.log;
                        events {}
                        http {
                          access_log off;
                          client_body_temp_path %1$s/body;
                          proxy_temp_path %1$s/proxy;
                          fastcgi_temp_path %1$s/fastcgi;
                          uwsgi_temp_path %1$s/uwsgi;
                          scgi_temp_path %1$s/scgi;
                          client_max_body_size 0;
                          server {
                            listen 127.0.0.1:%2$d;
                            location / {
                              proxy_pass http://127.0.0.1:%3$d;
                              proxy_http_version 1.1;
                              proxy_request_buffering off;
                              proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
                              proxy_set_header X-Forwarded-Proto https;
                              proxy_set_header X-Forwarded-Host shop.example;
                              proxy_set_header X-Forwarded-Port 443;
                            }
                          }
                        }
                        """.formatted(home, port, gateway));
                Process started = Workplace.listening(
                        home,
                        () -> OtherProxy.accepts(port),
                        program.toString(),
                        "-c",
                        config.toString(),
                        "-p",
                        home.toString());
                if (started != null) {
                    return new Nginx(started, port);
                }
            }
            throw new AssertionError("nginx does not start");
        }

        @Override
        public void close() {
            process.descendants().forEach(ProcessHandle::destroy);
            Workplace.end(process);
        }
    }
}
