package io.gatehouse.core.server;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.DynamicContainer.dynamicContainer;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import io.gatehouse.core.Gateway;
import io.gatehouse.core.Settings;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DynamicNode;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/** What upstreams and clients see of a request and its answer, as Kong's users know it: one gateway per row of settings. */
@NullUnmarked
class ProxyCasesIT {
    private static final String CONFIG = """
            _format_version: "3.0"
            services:
              - name: echo
                url: http://127.0.0.1:{ECHO}
                retries: 0
                routes:
                  - {name: inspect, hosts: [inspect.test]}
                  - {name: preserved, hosts: [preserved.test], preserve_host: true}
                  - {name: foo, hosts: [a], paths: [/foo], strip_path: true}
                  - {name: root, hosts: [a], paths: [/], strip_path: true}
                  - {name: zürich, hosts: [zurich.test]}
                  - {name: any, paths: [/any]}
                  - {name: secure, hosts: [secure.test], protocols: [https]}
                  - {name: moved, hosts: [moved.test], protocols: [https], https_redirect_status_code: 301}
                  - {name: answered, hosts: [answered.test], plugins: [{name: probe, config: {does: answer}}]}
                  - {name: broken, hosts: [broken.test], plugins: [{name: probe, config: {does: throw}}]}
                  - {name: via, hosts: [via.test], plugins: [{name: probe, config: {does: name-servers, label: "gatehouse/{VERSION}"}}]}
                  - {name: named, hosts: [named.test], plugins: [{name: probe, config: {does: name-servers, label: "1.1 other"}}]}
                  - {name: dated, hosts: [dated.test], plugins: [{name: probe, config: {does: show-date}}]}
                  - {name: forged, hosts: [forged.test], plugins: [{name: probe, config: {does: forge-id}}]}
              - name: hanging
                url: http://127.0.0.1:{ECHO}
                retries: 0
                read_timeout: 300
                routes: [{name: hanging, hosts: [hanging.test]}]
              - name: closed
                url: http://127.0.0.1:{CLOSED}
                retries: 0
                routes: [{name: closed, hosts: [closed.test]}]
              - name: nowhere
                url: http://nowhere.invalid
                retries: 0
                routes: [{name: nowhere, hosts: [nowhere.test]}]
            routes:
              - {name: serviceless, hosts: [serviceless.test]}
            """;

    /** What the upstream says for {@code /answer/N}. */
    private static final List<String> ANSWERS = List.of("""
            HTTP/1.1 200 OK
            Server: mock
            Via: 2 nginx, HTTP/1.1 mock
            Content-Length: 0

            """, """
            HTTP/1.1 200 OK
            Connection: X-Mine, keep-alive
            X-Mine: 1
            Keep-Alive: timeout=5
            Upgrade: example
            Trailer: Expires
            Proxy-Authenticate: Basic
            X-Accel-Buffering: no
            x-accel-redirect: /elsewhere
            X-Accelerated: yes
            Transfer-Encoding: chunked

            0

            """, """
            HTTP/1.1 200 OK
            Content-Type: text/plain
            Content-Length: 0

            """, """
            HTTP/1.1 103 Early Hints
            Link: </style.css>

            HTTP/1.1 200 OK
            Content-Length: 0

            """, """
            HTTP/1.1 101 Switching Protocols
            Connection: upgrade
            Upgrade: example

            """, """
            HTTP/1.1 302 Found
            Location: http://127.0.0.1:{ECHO}/x
            Content-Length: 0

            """, """
            what is this

            """, """
            HTTP/1.1 200 OK
            Date: Sun, 06 Nov 1994 08:49:37 GMT
            Content-Length: 0

            """);

    private static final Map<String, String> TEMPLATES = Map.of(
            "html", "<p style='width: 100%'>%s</p>\n<i>%s</i>\n",
            "json", "{\"custom\":\"%s\"}\n",
            "xml", "<e id='1%%'/>\n",
            "plain", "custom %s %s\n");

    private static final Pattern LONG = Pattern.compile("\\{([0-9]+) (.)}");

    @TempDir
    Path folder;

    /** Has a port of its own, on which nobody listens. */
    private final Socket closed = new Socket();

    private EchoUpstream echo;
    private final List<Gateway> started = new ArrayList<>();

    @BeforeEach
    void listen() throws IOException {
        echo = new EchoUpstream(ANSWERS);
        closed.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
        for (Map.Entry<String, String> template : TEMPLATES.entrySet()) {
            Files.writeString(folder.resolve("t." + template.getKey()), template.getValue());
        }
    }

    @AfterEach
    void stop() throws IOException {
        started.forEach(Gateway::close);
        echo.close();
        closed.close();
    }

    @TestFactory
    Stream<DynamicNode> asKongDoes() throws Exception {
        return ProxyCases.read().stream().map(this::group);
    }

    private DynamicNode group(ProxyCases.Group group) {
        Map<String, String> known = new HashMap<>();
        Stream<DynamicNode> start = Stream.of(dynamicTest("starts", () -> start(group, known)));
        Stream<DynamicNode> cases =
                group.cases().stream().map(one -> dynamicTest(one.title(), () -> run(one, new HashMap<>(known))));
        Stream<DynamicNode> end = Stream.of(dynamicTest("stops", this::end));
        return dynamicContainer(
                "[" + group.title() + "]", Stream.of(start, cases, end).flatMap(nodes -> nodes));
    }

    private void start(ProxyCases.Group group, Map<String, String> known) throws Exception {
        known.put("ECHO", Integer.toString(echo.port()));
        known.put("CLOSED", Integer.toString(closed.getLocalPort()));
        known.put("VERSION", Gateway.version());
        known.put("FOLDER", folder.toString());
        Map<String, String> environment = new HashMap<>();
        String port = "0";
        for (Map.Entry<String, String> setting : group.settings().entrySet()) {
            if (setting.getValue().contains("{PORT}")) {
                port = Integer.toString(freePort());
                known.put("PORT", port);
            }
            environment.put("KONG_" + setting.getKey(), filled(setting.getValue(), known));
        }
        Path file = Files.writeString(folder.resolve("kong.yaml"), filled(CONFIG, known));
        environment.put("KONG_DECLARATIVE_CONFIG", file.toString());
        environment.put("KONG_PROXY_LISTEN", "127.0.0.1:" + port);
        environment.put("KONG_ADMIN_LISTEN", "off");
        environment.put("KONG_STATUS_LISTEN", "off");
        environment.put("GATEHOUSE_EVENT_LOOPS", "1");
        environment.put("GATEHOUSE_WATCH", "off");
        Gateway gateway = Gateway.start(Settings.from(environment, Map.of()));
        started.add(gateway);
        known.put("PORT", Integer.toString(gateway.proxyPort()));
    }

    private void end() {
        Gateway gateway = started.remove(0);
        Rig.await(() -> gateway.inFlight() == 0, () -> "in flight: " + gateway.inFlight());
        gateway.close();
    }

    private static int freePort() throws IOException {
        try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return free.getLocalPort();
        }
    }

    private void run(ProxyCases.Case one, Map<String, String> known) throws IOException {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), Integer.parseInt(known.get("PORT")))) {
            socket.setSoTimeout((int) Rig.SOON.toMillis());
            String request = filled(one.request(), known);
            socket.getOutputStream().write(request.getBytes(ISO_8859_1));
            Message answer = Message.read(new BufferedInputStream(socket.getInputStream()), request);
            List<String> ids = answer.all("x-kong-request-id");
            known.put("ID", ids.isEmpty() ? "none" : ids.get(0));
            Message seen = answer.body().contains(" HTTP/1.1\r\n") ? Message.of(answer.body()) : null;
            for (String expectation : one.expectations()) {
                check(filled(expectation, known), answer, seen);
            }
        }
    }

    private static void check(String expectation, Message answer, Message seen) {
        String[] words = expectation.split(" ", 2);
        switch (words[0]) {
            case "status" -> assertThat(answer.first()).as(answer.toString()).startsWith("HTTP/1.1 " + words[1] + " ");
            case "first" -> assertThat(answer.first().strip()).isEqualTo(words[1]);
            case "answer" -> header(words[1], answer);
            case "upstream" -> {
                assertThat(seen).as(answer.toString()).isNotNull();
                header(words[1], seen);
            }
            case "line" -> assertThat(seen.first()).isEqualTo(words[1]);
            case "body" -> assertThat(answer.body()).isEqualTo(words.length == 1 ? "" : unescaped(words[1]));
            default -> throw new IllegalArgumentException(expectation);
        }
    }

    /** {@code no name}, {@code any name}, {@code name: value}, or {@code name ~ regex}. */
    private static void header(String expectation, Message in) {
        if (expectation.startsWith("no ")) {
            assertThat(in.all(expectation.substring(3))).as(in.toString()).isEmpty();
        } else if (expectation.startsWith("any ")) {
            assertThat(in.all(expectation.substring(4))).as(in.toString()).isNotEmpty();
        } else if (expectation.contains(" ~ ")) {
            String[] sides = expectation.split(" ~ ", 2);
            assertThat(in.all(sides[0]))
                    .as(in.toString())
                    .singleElement()
                    .asString()
                    .matches(sides[1]);
        } else {
            String[] sides = expectation.split(": ?", 2);
            assertThat(in.all(sides[0])).as(sides[0] + " of " + in).containsExactly(sides[1]);
        }
    }

    private static String filled(String text, Map<String, String> known) {
        String filled = text;
        for (Map.Entry<String, String> one : known.entrySet()) {
            filled = filled.replace("{" + one.getKey() + "}", one.getValue());
        }
        return LONG.matcher(filled).replaceAll(found -> found.group(2).repeat(Integer.parseInt(found.group(1))));
    }

    private static String unescaped(String text) {
        return text.replace("\\n", "\n");
    }

    /** A message as it came over a socket. */
    private record Message(String first, List<String[]> headers, String body) {
        static Message read(InputStream in, String request) throws IOException {
            StringBuilder head = new StringBuilder();
            while (head.indexOf("\r\n\r\n") < 0) {
                int next = in.read();
                assertThat(next).as("end of the connection behind: " + head).isNotNegative();
                head.append((char) next);
            }
            Message message = of(head.toString());
            if (message.first.contains(" 100 ")) {
                return read(in, request);
            }
            if (request.startsWith("HEAD ") || message.first.contains(" 204 ") || message.first.contains(" 304 ")) {
                return new Message(message.first, message.headers, in.available() > 0 ? "something" : "");
            }
            return new Message(message.first, message.headers, message.body(in));
        }

        private String body(InputStream in) throws IOException {
            List<String> length = all("content-length");
            if (!length.isEmpty()) {
                return new String(in.readNBytes(Integer.parseInt(length.get(0))), ISO_8859_1);
            }
            StringBuilder body = new StringBuilder();
            while (!all("transfer-encoding").isEmpty() && body.indexOf("0\r\n\r\n") < 0) {
                int next = in.read();
                assertThat(next).as("end of the connection behind: " + body).isNotNegative();
                body.append((char) next);
            }
            return body.toString();
        }

        static Message of(String text) {
            List<String> lines = text.lines().toList();
            List<String[]> headers = new ArrayList<>();
            for (String line : lines.subList(1, lines.size())) {
                if (!line.isEmpty()) {
                    headers.add(line.split(": ?", 2));
                }
            }
            return new Message(lines.get(0), headers, "");
        }

        List<String> all(String name) {
            List<String> values = new ArrayList<>();
            for (String[] header : headers) {
                if (header[0].toLowerCase(Locale.ROOT).equals(name.toLowerCase(Locale.ROOT))) {
                    values.add(header[1]);
                }
            }
            return values;
        }

        @Override
        public String toString() {
            StringBuilder text = new StringBuilder(first).append('\n');
            headers.forEach(h -> text.append(h[0]).append(": ").append(h[1]).append('\n'));
            return text.append(body).toString();
        }
    }
}
