package io.gatehouse.bench;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Gatehouse and nginx with the same certificate, as plain proxies: over TLS, and with HTTP/2 over TLS. */
final class Encrypted {
    private static final String PASSWORD = "changeit";
    private static final Pattern RATE = Pattern.compile("finished in [^,]+, ([0-9.]+) req/s");
    private static final Pattern REQUESTS = Pattern.compile(
            "requests: \\d+ total, \\d+ started, \\d+ done, (\\d+) succeeded, (\\d+) failed, (\\d+) errored, (\\d+) timeout");
    private static final int STREAMS = 10;

    private final Peer.Place place;
    private final Path folder;
    private final Path certificate;
    private final Path key;

    /** Makes a certificate, with a key of RSA of 2,048 bits. */
    Encrypted(Peer.Place place, Path folder) throws IOException, InterruptedException, GeneralSecurityException {
        this.place = place;
        this.folder = Files.createDirectories(folder);
        Path store = folder.resolve("store.p12");
        Process keytool = new ProcessBuilder(
                        place.java().resolve("bin/keytool").toString(),
                        "-genkeypair",
                        "-keyalg",
                        "RSA",
                        "-keysize",
                        "2048",
                        "-alias",
                        "bench",
                        "-dname",
                        "CN=localhost",
                        "-keystore",
                        store.toString(),
                        "-storepass",
                        PASSWORD)
                .redirectErrorStream(true)
                .start();
        String said = new String(keytool.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (keytool.waitFor() != 0) {
            throw new IOException("keytool: " + said);
        }
        KeyStore keys = KeyStore.getInstance("PKCS12");
        try (InputStream in = Files.newInputStream(store)) {
            keys.load(in, PASSWORD.toCharArray());
        }
        certificate = pem("CERTIFICATE", keys.getCertificate("bench").getEncoded());
        key = pem("PRIVATE KEY", keys.getKey("bench", PASSWORD.toCharArray()).getEncoded());
    }

    private Path pem(String what, byte[] der) throws IOException {
        String text = Base64.getMimeEncoder(64, "\n".getBytes(StandardCharsets.US_ASCII))
                .encodeToString(der);
        return Files.writeString(
                folder.resolve(what.replace(' ', '-') + ".pem"),
                "-----BEGIN " + what + "-----\n" + text + "\n-----END " + what + "-----\n");
    }

    /** A proxy, and where it speaks TLS; the port of the program is in clear text. */
    record Proxy(Program program, int port) {
        String url() {
            return "https://127.0.0.1:" + port + "/v1/chat/completions";
        }
    }

    Proxy nginx(int upstream) throws IOException {
        int clear = Program.freePort();
        int encrypted = Program.freePort();
        Path home = folder.resolve("nginx");
        Peer.Launch launch = Nginx.launch(
                home,
                "upstream u { server 127.0.0.1:" + upstream + "; keepalive 1024; keepalive_requests 100000000; }\n"
                        + "server { listen 127.0.0.1:" + clear + "; listen 127.0.0.1:" + encrypted
                        + " ssl http2 backlog=4096; ssl_certificate " + certificate + "; ssl_certificate_key " + key
                        + "; location / { proxy_pass http://u; proxy_http_version 1.1; proxy_set_header Connection \"\";"
                        + " proxy_buffering off; } }");
        return new Proxy(
                Program.start("nginx", clear, launch.command(), launch.environment(), home.resolve("output.log")),
                encrypted);
    }

    Proxy gatehouse(int upstream) throws IOException {
        int clear = Program.freePort();
        int encrypted = Program.freePort();
        Path home = Files.createDirectories(folder.resolve("gatehouse"));
        Peer.Launch launch = Peer.GATEHOUSE.launch(place, Chain.NONE, upstream, clear, home);
        List<String> command = new ArrayList<>(launch.command());
        command.set(
                command.indexOf("127.0.0.1:" + clear),
                "127.0.0.1:" + clear + ", 127.0.0.1:" + encrypted + " http2 ssl backlog=4096");
        Map<String, String> environment = new HashMap<>(launch.environment());
        environment.put("KONG_SSL_CERT", certificate.toString());
        environment.put("KONG_SSL_CERT_KEY", key.toString());
        return new Proxy(
                Program.start("Gatehouse", clear, command, environment, home.resolve("output.log")), encrypted);
    }

    /** Loads a proxy with HTTP/2 for so long: some connections with {@value #STREAMS} streams each. */
    Map<String, Double> http2(Proxy proxy, int connections, int seconds) throws IOException, InterruptedException {
        Path body = Files.writeString(folder.resolve("request.json"), Chat.JSON);
        long before = proxy.program().cpuMicros();
        Process h2load = new ProcessBuilder(List.of(
                        "h2load",
                        "-t1",
                        "-c" + connections,
                        "-m" + STREAMS,
                        "-D" + seconds,
                        "-d" + body,
                        "-Hcontent-type: application/json",
                        proxy.url()))
                .redirectErrorStream(true)
                .start();
        String output = new String(h2load.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (h2load.waitFor() != 0) {
            throw new IOException("h2load: " + output + proxy.program().describe());
        }
        return figures(output, proxy.program().cpuMicros() - before);
    }

    /** What h2load printed, as figures. */
    static Map<String, Double> figures(String output, long cpuMicros) throws IOException {
        Matcher rate = RATE.matcher(output);
        Matcher requests = REQUESTS.matcher(output);
        if (!rate.find() || !requests.find()) {
            throw new IOException("h2load has said something else than expected:\n" + output);
        }
        Map<String, Double> figures = new LinkedHashMap<>();
        double succeeded = Double.parseDouble(requests.group(1));
        double failed = 0;
        for (int i = 2; i <= requests.groupCount(); i++) {
            failed += Double.parseDouble(requests.group(i));
        }
        figures.put("per_second", Double.parseDouble(rate.group(1)));
        if (succeeded > 0) {
            figures.put("cpu_us", cpuMicros / succeeded);
        }
        figures.put("failed", failed);
        return figures;
    }
}
