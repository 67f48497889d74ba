package io.gatehouse.bench;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** One thread of wrk with some connections, each of which asks again as soon as it has its answer. */
final class Wrk {
    private static final Pattern LATENCY = Pattern.compile("\\s(50|99)%\\s+([0-9.]+)(us|ms|s|m)\\b");
    private static final Pattern REQUESTS = Pattern.compile("(\\d+) requests in ([0-9.]+)(ms|s|m)\\b");
    private static final Pattern BAD_STATUS = Pattern.compile("Non-2xx or 3xx responses: (\\d+)");
    private static final Pattern BAD_SOCKET =
            Pattern.compile("Socket errors: connect (\\d+), read (\\d+), write (\\d+), timeout (\\d+)");

    private final Path script;
    private final int connections;

    Wrk(Path folder, String body, int connections) throws IOException {
        this.connections = connections;
        script = folder.resolve("wrk-" + body.length() + ".lua");
        StringBuilder text = new StringBuilder("wrk.method = \"POST\"\nwrk.body = '" + body + "'\n");
        for (String header : Chat.HEADERS.strip().split("\r\n", -1)) {
            int colon = header.indexOf(": ");
            text.append("wrk.headers[\"")
                    .append(header, 0, colon)
                    .append("\"] = \"")
                    .append(header.substring(colon + 2))
                    .append("\"\n");
        }
        Files.writeString(script, text);
    }

    /** Loads a program for so long: requests a second, latency, CPU time a request. */
    Map<String, Double> turn(Program program, int seconds) throws IOException, InterruptedException {
        return turn(program, "http://127.0.0.1:" + program.port() + "/v1/chat/completions", seconds);
    }

    /** Loads a program at another address than its own. */
    Map<String, Double> turn(Program program, String url, int seconds) throws IOException, InterruptedException {
        long before = program.cpuMicros();
        Process wrk = new ProcessBuilder(
                        "wrk",
                        "-t1",
                        "-c" + connections,
                        "-d" + seconds + "s",
                        "--latency",
                        "-s",
                        script.toString(),
                        url)
                .redirectErrorStream(true)
                .start();
        String output = new String(wrk.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (wrk.waitFor() != 0) {
            throw new IOException("wrk ended with exit code " + wrk.exitValue() + " on " + program.describe() + output);
        }
        return figures(output, program.cpuMicros() - before);
    }

    /** What wrk printed, as figures. */
    static Map<String, Double> figures(String output, long cpuMicros) throws IOException {
        Matcher requests = REQUESTS.matcher(output);
        if (!requests.find()) {
            throw new IOException("wrk has said something else than expected:\n" + output);
        }
        double count = Double.parseDouble(requests.group(1));
        Map<String, Double> figures = new LinkedHashMap<>();
        if (count == 0) {
            // a turn without an answer has no latency and no cost, and it failed
            figures.put("per_second", 0.0);
            figures.put("failed", 1.0);
            return figures;
        }
        figures.put("per_second", count / (millis(requests.group(2), requests.group(3)) / 1000));
        Matcher latency = LATENCY.matcher(output);
        while (latency.find()) {
            figures.put("p" + latency.group(1) + "_ms", millis(latency.group(2), latency.group(3)));
        }
        figures.put("cpu_us", cpuMicros / count);
        figures.put("failed", sum(BAD_STATUS, output) + sum(BAD_SOCKET, output));
        return figures;
    }

    private static double millis(String number, String unit) {
        return Double.parseDouble(number)
                * switch (unit) {
                    case "us" -> 0.001;
                    case "ms" -> 1;
                    case "s" -> 1000;
                    default -> 60_000;
                };
    }

    private static double sum(Pattern pattern, String text) {
        Matcher matcher = pattern.matcher(text);
        double sum = 0;
        if (matcher.find()) {
            for (int i = 1; i <= matcher.groupCount(); i++) {
                sum += Double.parseDouble(matcher.group(i));
            }
        }
        return sum;
    }
}
