package io.gatehouse.core.server;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import io.gatehouse.api.AddressRange;
import io.gatehouse.api.HiddenDots;
import io.gatehouse.core.routing.RequestPath;
import io.gatehouse.core.upstream.HopByHop;
import io.vertx.core.MultiMap;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;

/** What a head says is read as a slower, plainer reader would: its host, its path, and what belongs to the connection. */
public final class HeadFuzzer {
    private static final String OWN = "x-own";
    private static final Forwarding RECURSIVE = forwarding(true);
    private static final Forwarding LAST = forwarding(false);

    private HeadFuzzer() {}

    private static Forwarding forwarding(boolean recursive) {
        AddressRange trusted = Objects.requireNonNull(AddressRange.of("10.0.0.0/8"));
        return new Forwarding(List.of(trusted), "X-Forwarded-For", recursive, Map.of());
    }

    /** Called by the fuzzer before it begins, so that loading classes does not count as the time of an input. */
    public static void fuzzerInitialize() {
        fuzzerTestOneInput("a:80\n/a/%2e\nclose, x-own\n1.2.3.4, 10.0.0.1".getBytes(ISO_8859_1));
    }

    /** Called by the fuzzer, and for each file of the corpus by the replay: a host, a target, tokens, addresses. */
    public static void fuzzerTestOneInput(byte[] data) {
        String[] lines = new String(data, ISO_8859_1).split("\n", 4);
        host(lines[0]);
        if (lines.length > 1) {
            path(lines[1]);
        }
        if (lines.length > 2) {
            connection(lines[2]);
        }
        if (lines.length > 3) {
            client(lines[3]);
        }
    }

    private static void host(String value) {
        HostHeader host = HostHeader.of(value);
        if (host == null) {
            return;
        }
        String name = value.startsWith("[") ? "[" + host.name() + "]" : host.name();
        boolean again = value.equals(name) || value.startsWith(name + ":");
        boolean plain = host.name().chars().noneMatch(c -> c <= ' ' || c >= 0x7f || "/?#@\\,;\"<>[]".indexOf(c) >= 0);
        if (!again || !plain || host.name().isEmpty() || host.port() > 65535) {
            throw new AssertionError(value + ": " + host);
        }
        if (!host.sameAs(host, 80)) {
            throw new AssertionError("not itself: " + host);
        }
    }

    private static void path(String target) {
        RequestPath path = RequestPath.of(target);
        if (path == null) {
            return;
        }
        String normal = path.path();
        if (!normal.startsWith("/") || hasDots(List.of(normal.split("/", -1)))) {
            throw new AssertionError(target + ": " + normal);
        }
        if (!HiddenDots.in(normal) && plainly(normal)) {
            throw new AssertionError("dots in " + normal);
        }
    }

    /** Decodes as often as there is something to decode, and looks for dots each time. */
    private static boolean plainly(String path) {
        String text = path;
        for (int i = 0; i < path.length(); i++) {
            String slashes = text.replace('\\', '/').replaceAll(";[^/]*", "");
            if (text.indexOf(0) >= 0 || hasDots(List.of(slashes.split("/", -1)))) {
                return true;
            }
            String next = decoded(text);
            if (next.equals(text)) {
                return false;
            }
            text = next;
        }
        return false;
    }

    private static String decoded(String text) {
        StringBuilder out = new StringBuilder();
        for (int i = 0; i < text.length(); i++) {
            if (text.charAt(i) == '%'
                    && i + 2 < text.length()
                    && Character.digit(text.charAt(i + 1), 16) >= 0
                    && Character.digit(text.charAt(i + 2), 16) >= 0) {
                out.append((char) Integer.parseInt(text.substring(i + 1, i + 3), 16));
                i += 2;
            } else {
                out.append(text.charAt(i));
            }
        }
        return out.toString();
    }

    private static boolean hasDots(List<String> segments) {
        return segments.contains(".") || segments.contains("..");
    }

    private static void connection(String list) {
        List<String> tokens =
                Arrays.stream(list.split(",", -1)).map(HeadFuzzer::trimmed).toList();
        for (String token : List.of("close", OWN, "keep-alive")) {
            if (HopByHop.lists(list, token) != tokens.contains(token)) {
                throw new AssertionError(token + " in " + tokens);
            }
        }
        MultiMap headers = MultiMap.caseInsensitiveMultiMap()
                .add("Connection", list)
                .add("X-Own", "1")
                .add("Kept", "2");
        MultiMap kept = HopByHop.fromClient(headers);
        if (kept.contains("Connection")
                || kept.contains(OWN) == tokens.contains(OWN)
                || kept.contains("kept") == tokens.contains("kept")) {
            throw new AssertionError(tokens + " left " + kept.names());
        }
    }

    /** A trusted peer is believed an address that it names, and no text; one that is not trusted is believed nothing. */
    private static void client(String list) {
        MultiMap headers = MultiMap.caseInsensitiveMultiMap().add("X-Forwarded-For", list);
        int end = Math.max(list.lastIndexOf(' '), list.lastIndexOf(','));
        byte[] last = AddressRange.address(list.substring(end + 1));
        for (Forwarding forwarding : List.of(RECURSIVE, LAST)) {
            String client = forwarding.client(peer("10.9.9.9", true), headers).address();
            byte[] address = AddressRange.address(client);
            boolean other = forwarding.equals(LAST) && last != null && !Arrays.equals(last, address);
            if (address == null || other) {
                throw new AssertionError(list + ": " + client);
            }
            String stranger =
                    forwarding.client(peer("192.0.2.1", false), headers).address();
            if (!stranger.equals("192.0.2.1")) {
                throw new AssertionError(list + ": " + stranger);
            }
        }
    }

    private static Peer peer(String address, boolean trusted) {
        return new Peer(new Origin(address, 40_000), trusted, 80, "80", null);
    }

    private static String trimmed(String token) {
        int from = 0;
        int end = token.length();
        while (from < end && isBlank(token.charAt(from))) {
            from++;
        }
        while (end > from && isBlank(token.charAt(end - 1))) {
            end--;
        }
        return token.substring(from, end).toLowerCase(Locale.ROOT);
    }

    private static boolean isBlank(char c) {
        return c == ' ' || c == '\t';
    }
}
