package io.gatehouse.e2e;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.gatehouse.simulator.FaultServer;
import io.gatehouse.simulator.ServerScript;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;

/** HTTP/2 as others see it: the h2spec suite, curl and h2load, in clear text and over TLS. */
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
                report.toString()));
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

    private static Workplace.Ran run(Path folder, String... command) throws Exception {
        return Workplace.run(folder, Workplace.cleanEnvironment(), Duration.ofSeconds(60), command);
    }
}
