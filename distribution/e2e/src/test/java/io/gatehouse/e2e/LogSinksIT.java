package io.gatehouse.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.gatehouse.simulator.FaultServer;
import io.gatehouse.simulator.LlmSimulator;
import io.gatehouse.simulator.ServerScript;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Rows 25 and 26 of the fault plan: what takes the log entries is in trouble. Clients must not notice, and every entry is
 * delivered in the end or counted as dropped.
 */
final class LogSinksIT {
    @RegisterExtension
    static final Running RUNNING = new Running();

    private static final int REQUESTS = Effort.times(200);
    private static final String MODELS = Wire.request("GET", "/web/v1/models", "");
    private static final String STREAM = Wire.request("POST", "/llm", Fault.STREAM.formatted("one"));

    private static PackagedGateway.Builder gateway(String name, String plugins) {
        LlmSimulator simulator = RUNNING.add(LlmSimulator.startAndAwait());
        return PackagedGateway.named(name)
                .observed()
                .connectTo(simulator, "api.openai.com")
                .yaml("kong.yaml", """
                services:
                  - name: web
                    url: %s
                    routes:
                      - {name: web, paths: [/web]}
                  - name: llm
                    url: https://api.openai.com
                    routes:
                      - {name: llm, paths: [/llm]}
                    plugins:
                      - name: ai-proxy-advanced
                        config:
                          targets:
                            - route_type: llm/v1/chat
                              model: {provider: openai, name: one}
                              auth: {header_name: Authorization, header_value: Bearer key}
                              logging: {log_statistics: true}
                %s
                """.formatted(simulator.baseUrl(), plugins));
    }

    private static PackagedGateway httpLogging(String name, HttpSink sink, int entries) throws IOException {
        return RUNNING.add(gateway(name, sink.plugin(entries)).start());
    }

    /** Clients that must not notice anything; how many requests they have sent. */
    private static int requests(PackagedGateway gateway, String when) throws Exception {
        Load load = new Load(gateway, Effort.clients(), MODELS, STREAM);
        try {
            load.awaitServed(REQUESTS);
        } finally {
            load.end();
        }
        load.assertUnharmed();
        System.out.printf(
                "%s, %s: 99 %% of %d took at most %.1f ms%n", gateway.name(), when, load.served(), load.p99Millis(0));
        return load.served();
    }

    @ParameterizedTest
    @EnumSource
    void anHttpSinkInTroubleCostsNoEntry(HttpSink.Trouble trouble) throws Exception {
        HttpSink sink = RUNNING.add(new HttpSink(trouble));
        PackagedGateway gateway = httpLogging("http-log-" + trouble, sink, 100_000);

        int during = requests(gateway, "its sink in trouble");
        assertThat(sink.ids()).isEmpty();
        sink.recover();
        int all = during + requests(gateway, "its sink well again");

        Workplace.awaitTrue(
                Workplace.SOON, () -> sink.ids().size() == all, () -> sink.ids().size() + " entries came");
        assertThat(dropped(gateway, "http-log")).isZero();
    }

    @Test
    void whatAnHttpSinkDoesNotGetIsCounted() throws Exception {
        HttpSink sink = RUNNING.add(new HttpSink(HttpSink.Trouble.ERRORS));
        PackagedGateway gateway = httpLogging("http-log-full", sink, 50);

        int sent = requests(gateway, "its sink in trouble");
        sink.recover();

        Workplace.awaitTrue(
                Workplace.SOON,
                () -> sink.ids().size() + dropped(gateway, "http-log") == sent,
                () -> sink.ids().size() + " entries came, " + dropped(gateway, "http-log") + " were dropped");
        assertThat(dropped(gateway, "http-log")).isPositive();
        gateway.planted("http-log");
    }

    private static long dropped(PackagedGateway gateway, String plugin) {
        return gateway.metrics().sum("gatehouse_log_entries_dropped_total", "plugin", plugin);
    }

    /** The sink's certificate is from an authority of its own, and is asked for by a name. */
    @Test
    void aTcpSinkThatIsGoneForAWhileGetsEveryLine() throws Exception {
        Certificate certificate = Certificate.authority(Workplace.folderFor("tcp-log-certificate"));
        LineSink sink = RUNNING.add(LineSink.tls(certificate.trusted()));
        PackagedGateway gateway = RUNNING.add(gateway("tcp-log", """
                plugins:
                  - {name: tcp-log, config: {host: 127.0.0.1, port: %d, tls: true, tls_sni: localhost}}
                """.formatted(sink.port()))
                .env(
                        "KONG_LUA_SSL_TRUSTED_CERTIFICATE",
                        certificate.certificate().toString())
                .start());

        goneForAWhile(
                gateway,
                "tcp-log",
                sink::lines,
                () -> {
                    sink.goAway();
                    // before that nobody can know that what is sent gets lost
                    Workplace.awaitTrue(
                            Workplace.SOON,
                            () -> gateway.vitals().connectionsTo(sink.port()) == 0,
                            () -> "still connected: " + gateway.vitals().tcp());
                },
                sink::comeBack);

        assertThat(sink.names()).containsExactly("localhost");
    }

    @Test
    void aSyslogDaemonThatIsGoneForAWhileGetsEveryMessage() throws Exception {
        try (SyslogDaemon daemon = SyslogDaemon.start("log-sinks")) {
            PackagedGateway gateway =
                    RUNNING.add(gateway("syslog", """
                    plugins:
                      - {name: syslog, config: {facility: local3}}
                    """).outlets(1).start());

            goneForAWhile(gateway, "syslog", () -> daemon.messages("kong"), daemon::goAway, daemon::comeBack);

            assertThat(daemon.messages("kong")).allMatch(message -> message.startsWith("local3.info "));
        }
    }

    @Test
    void aMessageSaysHowSevereItIs() throws Exception {
        try (SyslogDaemon daemon = SyslogDaemon.start("severities")) {
            FaultServer halves = RUNNING.add(
                    FaultServer.start(half().reset().build(), half().hang().build()));
            PackagedGateway gateway = RUNNING.add(PackagedGateway.named("severities")
                    .observed()
                    .outlets(7)
                    .yaml("kong.yaml", """
                            services:
                              - name: dead
                                url: http://127.0.0.1:1
                                retries: 0
                                routes:
                                  - name: fine
                                    paths: [/fine]
                                    plugins:
                                      - {name: request-termination, config: {status_code: 200}}
                                      - {name: syslog}
                                  - name: own
                                    paths: [/own]
                                    plugins:
                                      - {name: request-termination, config: {status_code: 201}}
                                      - name: syslog
                                        config:
                                          log_level: debug
                                          successful_severity: debug
                                          facility: mail
                                          custom_fields_by_lua: {team: "return 'blue'", route: return nil}
                                  - name: quiet
                                    paths: [/quiet]
                                    plugins:
                                      - {name: request-termination, config: {status_code: 200}}
                                      - {name: syslog, config: {log_level: err}}
                                  - name: missing
                                    paths: [/missing]
                                    plugins:
                                      - {name: request-termination, config: {status_code: 404}}
                                      - {name: syslog, config: {client_errors_severity: warning}}
                                  - name: broken
                                    paths: [/broken]
                                    plugins:
                                      - {name: request-termination, config: {status_code: 500}}
                                      - {name: syslog, config: {log_level: err, server_errors_severity: crit}}
                                  - name: dead
                                    paths: [/dead]
                                    plugins: [{name: syslog, config: {server_errors_severity: err}}]
                              - name: half
                                url: http://127.0.0.1:%d
                                routes: [{name: half, paths: [/half], plugins: [{name: syslog}]}]
                            """.formatted(halves.port()))
                    .start());
            for (String path : List.of("/quiet", "/fine", "/own", "/missing", "/broken", "/dead")) {
                PackagedGateway.get(gateway.proxy(path));
            }
            try (Wire leaver = Wire.to(gateway.proxyPort())) {
                leaver.send("POST /fine/left HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhalf");
                leaver.reset();
            }
            Wire.Answer half = Wire.call(gateway.proxyPort(), Wire.request("GET", "/half/died", ""));
            assertThat(half.end()).isNotEqualTo(Wire.End.WHOLE);
            try (Wire leaver = Wire.to(gateway.proxyPort())) {
                String head = leaver.send(Wire.request("GET", "/half/left", "")).until("half");
                assertThat(head).startsWith("HTTP/1.1 200");
                leaver.reset();
            }

            List<String> wanted = List.of(
                    "user.info .*\"uri\":\"/fine\".*\"status\":200.*",
                    "mail.debug (?!.*\"route\").*\"uri\":\"/own\".*\"team\":\"blue\".*",
                    "user.warning .*\"uri\":\"/missing\".*",
                    "user.crit .*\"uri\":\"/broken\".*",
                    "user.err .*\"uri\":\"/dead\".*\"status\":502.*",
                    "user.info .*\"uri\":\"/fine/left\".*",
                    "user.info (?=.*\"uri\":\"/half/died\").*\"end\":\"upstream_failed\".*",
                    "user.info (?=.*\"uri\":\"/half/left\").*\"end\":\"client_gone\".*");
            Workplace.awaitTrue(
                    Workplace.SOON,
                    () -> daemon.messages("kong").size() >= wanted.size(),
                    () -> String.join("\n", daemon.messages("kong")));
            assertThat(daemon.messages("kong"))
                    .hasSize(wanted.size())
                    .allSatisfy(message -> assertThat(wanted).anyMatch(message::matches));
            assertThat(wanted)
                    .allSatisfy(pattern ->
                            assertThat(daemon.messages("kong")).anyMatch(message -> message.matches(pattern)));
        }
    }

    private static ServerScript.Builder half() {
        return ServerScript.builder()
                .readRequest()
                .head(200, "Content-Length: 100")
                .send("half");
    }

    private interface Lines {
        List<String> get() throws Exception;
    }

    private interface Turn {
        void take() throws Exception;
    }

    private static void goneForAWhile(PackagedGateway gateway, String plugin, Lines lines, Turn goAway, Turn comeBack)
            throws Exception {
        int before = requests(gateway, "its sink in place");
        awaitEach(gateway, plugin, lines, before);
        goAway.take();
        int all = before + requests(gateway, "its sink gone");
        comeBack.take();
        awaitEach(gateway, plugin, lines, all);
        all += requests(gateway, "its sink back");
        awaitEach(gateway, plugin, lines, all);
        assertThat(dropped(gateway, plugin)).isZero();
    }

    /** One line of each request, each whole. */
    private static void awaitEach(PackagedGateway gateway, String plugin, Lines lines, int requests) throws Exception {
        Workplace.awaitTrue(
                Workplace.SOON,
                () -> lines.get().size() + dropped(gateway, plugin) == requests,
                () -> lines.get().size() + " lines came, " + dropped(gateway, plugin) + " were dropped (expected: "
                        + requests + ")");
        assertThat(lines.get().stream()
                        .map(line -> Json.read(line.substring(line.indexOf('{')))
                                .at("/request/id")
                                .asText())
                        .distinct())
                .hasSize(requests);
    }

    /** Nobody can know what became of a datagram; but the gateway goes on, and so does the sink once it is there. */
    @Test
    void aUdpSinkThatIsGoneForAWhileGetsWhatIsSentAfterwards() throws Exception {
        LineSink sink = RUNNING.add(LineSink.udp());
        PackagedGateway gateway = RUNNING.add(
                gateway("udp-log", """
                plugins:
                  - {name: udp-log, config: {host: 127.0.0.1, port: %d}}
                """.formatted(sink.port())).outlets(1).start());
        // the system drops datagrams that are not read in time, so only a few are on their way at once
        int before = 0;
        while (before < REQUESTS) {
            for (int i = 0; i < 10; i++) {
                assertThat(Wire.call(gateway.proxyPort(), MODELS).status()).isEqualTo(200);
                assertThat(Wire.call(gateway.proxyPort(), STREAM).status()).isEqualTo(200);
                before += 2;
            }
            awaitEach(gateway, "udp-log", sink::lines, before);
        }
        sink.goAway();
        requests(gateway, "its sink gone");
        sink.comeBack();
        String last = "/web/v1/models?last";

        assertThat(PackagedGateway.get(gateway.proxy(last)).statusCode()).isEqualTo(200);

        Workplace.awaitTrue(
                Workplace.SOON,
                () -> sink.lines().stream().anyMatch(line -> line.contains("?last")),
                () -> sink.lines().size() + " lines came, not the last one");
        assertThat(dropped(gateway, "udp-log")).isZero();
    }

    @Test
    void aFileWhoseFolderIsGoneForAWhileGetsEveryLine() throws Exception {
        Path logs = Workplace.folderFor("file-log-folder");
        PackagedGateway gateway = RUNNING.add(gateway("file-log-gone", "")
                .accessLog(logs.resolve("access.log"))
                .start());
        int before = requests(gateway, "its log file in place");
        Workplace.awaitTrue(
                Workplace.SOON,
                () -> gateway.entryLines().size() == before,
                () -> gateway.entryLines().size() + "");
        Path aside = logs.resolveSibling("file-log-aside");
        Files.deleteIfExists(aside.resolve("access.log"));
        Files.deleteIfExists(aside);
        Files.move(logs, aside);
        int during = requests(gateway, "the folder of its log file gone");

        Files.move(aside, logs);

        Workplace.awaitTrue(
                Workplace.SOON,
                () -> gateway.entryLines().size() == before + during,
                () -> gateway.entryLines().size() + " lines (expected: " + (before + during) + ")");
        assertThat(dropped(gateway, "file-log")).isZero();
    }

    @Test
    void aDiskThatIsFullForAWhileGetsEveryLineWhole() throws Exception {
        Path disk = Workplace.folderFor("small-disk");
        mount("a full disk", disk, "size=64k");
        try (PackagedGateway gateway = gateway("file-log-full", "")
                .accessLog(disk.resolve("access.log"))
                .start()) {
            int before = requests(gateway, "its disk not full yet");
            Workplace.awaitTrue(
                    Workplace.SOON,
                    () -> disk.toFile().getUsableSpace() < 4096,
                    () -> disk.toFile().getUsableSpace() + " bytes are left");
            int during = requests(gateway, "its disk full");
            run("mount", "-o", "remount,size=512m", disk.toString());

            Workplace.awaitTrue(
                    Workplace.SOON,
                    () -> gateway.entryLines().size() + dropped(gateway, "file-log") == before + during,
                    () -> gateway.entryLines().size() + " lines");
            assertThat(gateway.entries()).allMatch(entry -> entry.has("request"));
        } finally {
            run("umount", disk.toString());
        }
    }

    /** Read-only from the start, then writable, then read-only again: under another file system the path leads nowhere. */
    @Test
    void aFolderThatIsReadOnlyForAWhileGetsEveryLine() throws Exception {
        Path disk = Workplace.folderFor("read-only-disk");
        mount("a read-only disk", disk, "ro");
        boolean covered = false;
        try (PackagedGateway gateway = gateway("file-log-read-only", "")
                .accessLog(disk.resolve("access.log"))
                .start()) {
            int atStart = requests(gateway, "its log file's disk read-only");
            assertThat(disk.resolve("access.log")).doesNotExist();
            gateway.awaitLog(0, " WARN .*Read-only file system|ReadOnlyFileSystem");

            run("mount", "-o", "remount,rw", disk.toString());

            Workplace.awaitTrue(
                    Workplace.SOON,
                    () -> gateway.entryLines().size() == atStart,
                    () -> gateway.entryLines().size() + " lines (expected: " + atStart + ")");
            mount("a read-only disk", disk, "ro");
            covered = true;
            int later = requests(gateway, "its log file's disk read-only again");
            run("umount", disk.toString());
            covered = false;
            Workplace.awaitTrue(
                    Workplace.SOON,
                    () -> gateway.entryLines().size() == atStart + later,
                    () -> gateway.entryLines().size() + " lines (expected: " + (atStart + later) + ")");
            assertThat(dropped(gateway, "file-log")).isZero();
            assertThat(gateway.entries()).allMatch(entry -> entry.has("request"));
        } finally {
            if (covered) {
                run("umount", disk.toString());
            }
            run("umount", disk.toString());
        }
    }

    /** A small file system of its own; where this user may not have one, the test is skipped by name. */
    private static void mount(String what, Path disk, String options) throws Exception {
        Workplace.Ran ran = program("mount", "-t", "tmpfs", "-o", options, "tmpfs", disk.toString());
        if (ran.exit() != 0) {
            String why = "skipped: " + what + ": this user may not mount one: "
                    + ran.err().strip();
            System.out.println(why);
            Assumptions.abort(why);
        }
    }

    private static void run(String... command) throws Exception {
        Workplace.Ran ran = program(command);
        assertThat(ran.exit()).as(ran.err()).isZero();
    }

    private static Workplace.Ran program(String... command) throws Exception {
        return Workplace.run(Workplace.folderFor("programs"), Workplace.cleanEnvironment(), Workplace.SOON, command);
    }
}
