package io.gatehouse.core.server;

import io.gatehouse.api.AddressRange;
import io.gatehouse.core.exchange.HeaderNames;
import io.netty.util.NetUtil;
import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.net.SocketAddress;
import io.vertx.core.net.impl.ConnectionBase;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Where requests come from, and what upstreams are told of it. What a client says of itself is replaced; what a trusted
 * peer says is kept, and may name the client behind it, as nginx's {@code realip} module has it.
 *
 * <p>Immutable; any thread.
 */
public final class Forwarding {
    /** In the place of a header's name: the PROXY protocol tells, at the beginning of a connection. */
    public static final String PROXY_PROTOCOL = "proxy_protocol";

    /** The header that is a list of addresses, each proxy adding its client at the end. */
    private static final String LIST = "X-Forwarded-For";

    private static final CharSequence REAL_IP = HttpHeaders.createOptimized("X-Real-IP");
    private static final CharSequence FOR = HttpHeaders.createOptimized(LIST);
    private static final CharSequence PROTO = HttpHeaders.createOptimized("X-Forwarded-Proto");
    private static final CharSequence HOST = HttpHeaders.createOptimized("X-Forwarded-Host");
    private static final CharSequence PORT = HttpHeaders.createOptimized("X-Forwarded-Port");
    private static final CharSequence PATH = HttpHeaders.createOptimized("X-Forwarded-Path");
    private static final CharSequence PREFIX = HttpHeaders.createOptimized("X-Forwarded-Prefix");

    private final AddressRange[] trusted;
    private final String realIpHeader;
    private final boolean proxyProtocol;
    private final boolean list;
    private final boolean recursive;
    private final Map<Integer, Integer> portMap;

    /**
     * @param trusted peers that are believed
     * @param realIpHeader in which a trusted peer names its client, or {@value #PROXY_PROTOCOL}
     * @param recursive whether of a list of addresses the last one that is not trusted counts, not just the last one
     * @param portMap the port that clients see by the port that is listened on
     */
    public Forwarding(
            List<AddressRange> trusted, String realIpHeader, boolean recursive, Map<Integer, Integer> portMap) {
        this.trusted = trusted.toArray(new AddressRange[0]);
        this.realIpHeader = realIpHeader;
        this.proxyProtocol = realIpHeader.equals(PROXY_PROTOCOL);
        this.list = realIpHeader.equalsIgnoreCase(LIST);
        this.recursive = recursive;
        this.portMap = Map.copyOf(portMap);
    }

    /** Who is at the other end of a connection. */
    Peer peer(HttpConnection connection) {
        SocketAddress remote = connection.remoteAddress(true);
        String host = remote == null ? null : remote.hostAddress();
        byte[] address = host == null ? null : unscoped(host);
        int local = connection.localAddress(true).port();
        int port = portMap.getOrDefault(local, local);
        Origin words = proxyProtocol ? Admission.said(((ConnectionBase) connection).channel()) : null;
        byte[] said = words == null ? null : unscoped(words.address());
        return new Peer(
                new Origin(address == null ? "" : text(address), remote == null ? -1 : remote.port()),
                address != null && trusts(address),
                port,
                Integer.toString(port),
                words == null || said == null ? null : new Origin(text(said), words.port()));
    }

    /** The bytes of an address that may have a zone; null when it is none. */
    static byte @Nullable [] unscoped(String address) {
        int zone = address.indexOf('%');
        return AddressRange.address(zone < 0 ? address : address.substring(0, zone));
    }

    private boolean trusts(byte[] address) {
        for (AddressRange range : trusted) {
            if (range.contains(address)) {
                return true;
            }
        }
        return false;
    }

    /** The client: the peer, or who a trusted peer says it is, without a port when it says none. */
    Origin client(Peer peer, MultiMap headers) {
        if (!peer.trusted()) {
            return peer.origin();
        }
        if (proxyProtocol) {
            return peer.proxied() == null ? peer.origin() : peer.proxied();
        }
        byte[] found = null;
        int port = -1;
        List<String> lines = headers.getAll(realIpHeader);
        for (int i = lines.size() - 1; i >= 0; i--) {
            String line = lines.get(i);
            int end = line.length();
            do {
                end = trimmed(line, end);
                int begin = begin(line, end);
                String named = line.substring(begin, end);
                int behind = port(named);
                byte[] address = AddressRange.address(behind < 0 ? named : withoutPort(named));
                if (address == null) {
                    return found == null ? peer.origin() : new Origin(text(found), port);
                }
                found = address;
                port = behind;
                if (!recursive || !trusts(found)) {
                    return new Origin(text(found), port);
                }
                end = begin;
            } while (trimmed(line, end) > 0);
            if (!list) {
                break;
            }
        }
        return found == null ? peer.origin() : new Origin(text(found), port);
    }

    private static String text(byte[] address) {
        try {
            return NetUtil.toAddressString(InetAddress.getByAddress(address));
        } catch (UnknownHostException e) {
            throw new IllegalStateException(e); // it is of 4 or 16 bytes
        }
    }

    private static int trimmed(String line, int end) {
        int last = end;
        while (last > 0 && (line.charAt(last - 1) == ' ' || line.charAt(last - 1) == ',')) {
            last--;
        }
        return last;
    }

    private static int begin(String line, int end) {
        int first = end;
        while (first > 0 && line.charAt(first - 1) != ' ' && line.charAt(first - 1) != ',') {
            first--;
        }
        return first;
    }

    /** The port behind an IPv4 address, or behind an IPv6 address in brackets; -1 when there is none. */
    private static int port(String text) {
        int colon = text.lastIndexOf(':');
        boolean alone = colon > 0 && (text.indexOf(':') == colon || text.charAt(colon - 1) == ']');
        return alone && isPort(text, colon + 1) ? Integer.parseInt(text, colon + 1, text.length(), 10) : -1;
    }

    private static String withoutPort(String text) {
        int colon = text.lastIndexOf(':');
        return text.charAt(0) == '[' && text.charAt(colon - 1) == ']'
                ? text.substring(1, colon - 1)
                : text.substring(0, colon);
    }

    private static boolean isPort(String text, int from) {
        int port = 0;
        for (int i = from; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c < '0' || c > '9' || port > 65535) {
                return false;
            }
            port = port * 10 + c - '0';
        }
        return port >= 1 && port <= 65535;
    }

    /** The scheme that the client used, as far as is known. */
    String proto(Peer peer, MultiMap in, String scheme) {
        return kept(peer, in, PROTO, scheme);
    }

    /** The host that the client asked for, lower case and without port, or what a trusted peer says. */
    String host(Peer peer, MultiMap in, @Nullable HostHeader host) {
        return kept(peer, in, HOST, host == null ? "" : host.text().toLowerCase(Locale.ROOT));
    }

    /** The port that the client reached, or what a trusted peer says. */
    int port(Peer peer, MultiMap in) {
        String said = peer.trusted() ? in.get(PORT) : null;
        return said != null && said.length() <= 5 && isPort(said, 0) && !said.isEmpty()
                ? Integer.parseInt(said)
                : peer.port();
    }

    private static String kept(Peer peer, MultiMap in, CharSequence name, String own) {
        if (peer.trusted()) {
            String said = in.get(name);
            if (said != null && !said.isEmpty()) {
                return said;
            }
        }
        return own;
    }

    /**
     * Tells the upstream where a request came from.
     *
     * @param out what it is told
     * @param in what the client said
     * @param client the address of the {@link #client}
     * @param rawPath as it came, without query
     * @param prefix what is cut from the path; null when nothing is
     */
    void write(
            MultiMap out,
            MultiMap in,
            Peer peer,
            String client,
            String scheme,
            @Nullable HostHeader host,
            String rawPath,
            @Nullable String prefix) {
        out.set(REAL_IP, client);
        String before = joined(in, FOR);
        out.set(FOR, before == null ? client : before + ", " + peer.origin().address());
        out.set(PROTO, proto(peer, in, scheme));
        set(out, HOST, host(peer, in, host));
        out.set(PORT, kept(peer, in, PORT, peer.portText()));
        out.set(PATH, kept(peer, in, PATH, rawPath));
        set(out, PREFIX, kept(peer, in, PREFIX, prefix == null ? "" : prefix));
    }

    private static void set(MultiMap out, CharSequence name, String value) {
        if (value.isEmpty()) {
            out.remove(name);
        } else {
            out.set(name, value);
        }
    }

    /** Adds the gateway to those through whose hands a message went. */
    static void via(MultiMap out, MultiMap in, String via) {
        String earlier = joined(in, HeaderNames.VIA);
        out.set(HeaderNames.VIA, earlier == null ? via : earlier + ", " + via);
    }

    /** All values of a header as one; null when there are none. */
    private static @Nullable String joined(MultiMap headers, CharSequence name) {
        String first = headers.get(name);
        if (first == null) {
            return null;
        }
        List<String> all = headers.getAll(name);
        String joined = all.size() == 1
                ? first
                : all.stream().filter(line -> !line.isEmpty()).collect(Collectors.joining(", "));
        return joined.isEmpty() ? null : joined;
    }
}
