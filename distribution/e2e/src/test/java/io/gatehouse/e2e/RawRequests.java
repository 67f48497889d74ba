package io.gatehouse.e2e;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;

/** Bytes that could be read in several ways: the cases of the gateway's own suite, and good requests with faults put in. */
final class RawRequests {
    /**
     * Bytes, a character each.
     *
     * @param name tells them apart
     */
    record Bytes(String name, String text) {}

    private static final Pattern TIMES = Pattern.compile("\\{([^{}]+)\\*(\\d+)}");

    private static final String[] METHODS = {"GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"};
    private static final String[] VERSIONS = {"HTTP/1.1", "HTTP/1.1", "HTTP/1.1", "HTTP/1.0"};
    private static final String[] HEADERS = {
        "Connection: keep-alive", "Connection: close", "X: y", "Connection: X", "Accept: */*", "Expect: 100-continue",
        "Upgrade: foo", "TE: trailers", "Trailer: X", "X: a\r\n b", "Cookie: a=b", "Content-Type: text/plain"
    };
    private static final String[] CODINGS = {
        "chunked", "Chunked", "identity", "gzip, chunked", "chunked, identity", ",chunked", "chunked,", "xchunked",
        "\tchunked", "chunked\t", "\"chunked\"", "chunked;q=1", "", "chunked, chunked", "\u000bchunked", "x"
    };
    private static final String[] NAMES = {
        "Transfer-Encoding", "transfer-encoding", "Transfer-Encoding ", " Transfer-Encoding", "Transfer_Encoding",
        "Content-Length", "content-length", "Content-Length ", "Content_Length", "X-Content-Length"
    };
    private static final String[] INTERESTING = {
        "\r",
        "\n",
        "\r\n",
        " ",
        "\t",
        "\0",
        ":",
        ",",
        ";",
        "0",
        "1",
        "\u000b",
        "\u000c",
        "\u0085",
        "\u00a0",
        "\"",
        "\r\n\r\n",
        "0\r\n\r\n",
        "\r\n ",
        "GET /smuggled HTTP/1.1\r\nHost: s\r\n\r\n",
        "Content-Length: 3\r\n",
        "Transfer-Encoding: chunked\r\n",
        "+",
        "-",
        "_",
        "x",
        "\u007f",
        "#",
        "?",
        "%",
        "/",
        "\\",
        "\u00e9"
    };

    private RawRequests() {}

    /** Every case of the file; what becomes of it is not read here. */
    static List<Bytes> cases() {
        String file = Workplace.read(Workplace.REPOSITORY.resolve(
                "gateway-core/src/test/resources/io/gatehouse/core/server/raw-requests.yaml"));
        List<Bytes> all = new ArrayList<>();
        for (Object entry : (List<?>) new Load(LoadSettings.builder().build()).loadFromString(file)) {
            Map<?, ?> node = (Map<?, ?>) entry;
            String send = String.valueOf(node.get("send"));
            String name = String.valueOf(node.get("it"));
            if (node.get("each") instanceof List<?> values) {
                for (int i = 0; i < values.size(); i++) {
                    all.add(new Bytes(
                            name + " [" + i + "]", expanded(send.replace("{}", String.valueOf(values.get(i))))));
                }
            } else {
                all.add(new Bytes(name, expanded(send)));
            }
        }
        return all;
    }

    private static String expanded(String text) {
        Matcher times = TIMES.matcher(text);
        return times.replaceAll(
                found -> Matcher.quoteReplacement(found.group(1).repeat(Integer.parseInt(found.group(2)))));
    }

    /** One to three requests, each of them good or with a framing of its own, then up to three faults. */
    static Bytes mutated(long seed, int number) {
        SplittableRandom random = new SplittableRandom(seed * 1_000_003 + number);
        StringBuilder text = new StringBuilder();
        int requests = random.nextInt(1, 4);
        for (int i = 0; i < requests; i++) {
            text.append(request(random, number + "." + i));
        }
        int faults = random.nextInt(4);
        for (int i = 0; i < faults; i++) {
            fault(random, text);
        }
        return new Bytes("mutated " + number, text.toString());
    }

    private static String request(SplittableRandom random, String marker) {
        StringBuilder text = new StringBuilder()
                .append(one(random, METHODS))
                .append(" /")
                .append(random.nextInt(8) == 0 ? "x/../" : "")
                .append("m?")
                .append(marker)
                .append(' ')
                .append(one(random, VERSIONS))
                .append("\r\nHost: a\r\n");
        for (int headers = random.nextInt(3); headers > 0; headers--) {
            text.append(one(random, HEADERS)).append("\r\n");
        }
        String body = random.nextBoolean() ? "hello" : "GET /smuggled?" + marker + " HTTP/1.1\r\nHost: s\r\n\r\n";
        return switch (random.nextInt(8)) {
            case 0, 1 -> text.append("\r\n").toString();
            case 2, 3 ->
                text.append("Content-Length: " + body.length() + "\r\n\r\n" + body)
                        .toString();
            case 4, 5 ->
                text.append("Transfer-Encoding: chunked\r\n\r\n")
                        .append(chunks(random, body))
                        .toString();
            case 6 ->
                text.append(one(random, NAMES) + ": " + one(random, CODINGS) + "\r\n")
                        .append("Content-Length: " + body.length() + "\r\n\r\n" + body)
                        .toString();
            default ->
                text.append("Transfer-Encoding: " + one(random, CODINGS) + "\r\n")
                        .append(one(random, NAMES) + ": " + random.nextInt(60) + "\r\n\r\n")
                        .append(chunks(random, body))
                        .toString();
        };
    }

    private static String chunks(SplittableRandom random, String body) {
        int cut = random.nextInt(1, body.length());
        String extension = random.nextInt(4) == 0 ? ";a=b" : random.nextInt(6) == 0 ? ";a=\"\r\n0\r\n\r\n\"" : "";
        String trailer = random.nextInt(6) == 0 ? "X: y\r\n" : random.nextInt(8) == 0 ? "Content-Length: 5\r\n" : "";
        return Integer.toHexString(cut) + extension + "\r\n" + body.substring(0, cut) + "\r\n"
                + Integer.toHexString(body.length() - cut) + "\r\n" + body.substring(cut) + "\r\n0\r\n" + trailer
                + "\r\n";
    }

    /** Somewhere, but rather where something ends. */
    private static void fault(SplittableRandom random, StringBuilder text) {
        int at = random.nextInt(text.length());
        for (int tries = random.nextInt(40); tries > 0 && "\r\n:; ".indexOf(text.charAt(at)) < 0; tries--) {
            at = (at + 1) % text.length();
        }
        switch (random.nextInt(4)) {
            case 0 -> text.deleteCharAt(at);
            case 1 -> text.insert(at, one(random, INTERESTING));
            case 2 -> text.replace(at, at + 1, one(random, INTERESTING));
            default -> {
                int end = Math.min(text.length(), at + random.nextInt(1, 30));
                text.insert(at, text.substring(at, end));
            }
        }
        if (text.isEmpty()) {
            text.append('x');
        }
    }

    private static String one(SplittableRandom random, String[] of) {
        return of[random.nextInt(of.length)];
    }
}
