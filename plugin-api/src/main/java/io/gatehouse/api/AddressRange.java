package io.gatehouse.api;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * An IP address, or all that begin with the same bits, as CIDR writes them. An IPv4 address written as IPv6 ({@code
 * ::ffff:1.2.3.4}) is that IPv4 address. Read it when the configuration is read; then a request costs no more than the
 * address of its client:
 *
 * <pre>{@code
 * AddressRange inside = AddressRange.of("10.0.0.0/8"); // null when the text is none
 * byte[] client = AddressRange.address(request.exchange().clientAddress());
 * boolean ours = client != null && inside.contains(client);
 * }</pre>
 *
 * <p>Immutable; any thread.
 */
public final class AddressRange {
    private static final int IPV4_BYTES = 4;
    private static final int IPV6_BYTES = 16;
    private static final int MAPPED_PREFIX = IPV6_BYTES - IPV4_BYTES;

    private final String text;
    private final byte[] address;
    private final int bits;

    private AddressRange(String text, byte[] address, int bits) {
        this.text = text;
        this.address = address;
        this.bits = bits;
    }

    /**
     * Reads an address or a CIDR range, such as {@code 10.0.0.0/8}; null when it is none. The bits of the address that the
     * length leaves out do not count and may be set, see {@link #hasFurtherBits}.
     */
    public static @Nullable AddressRange of(String text) {
        int slash = text.indexOf('/');
        byte[] address = address(slash < 0 ? text : text.substring(0, slash));
        if (address == null) {
            return null;
        }
        int most = address.length * 8;
        if (slash < 0) {
            return new AddressRange(text, address, most);
        }
        int bits = length(text, slash + 1);
        return bits < 0 || bits > most ? null : new AddressRange(text, address, bits);
    }

    private static int length(String text, int from) {
        if (text.length() == from || text.length() > from + 3) {
            return -1;
        }
        int bits = 0;
        for (int i = from; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c < '0' || c > '9') {
                return -1;
            }
            bits = bits * 10 + c - '0';
        }
        return bits;
    }

    /**
     * The bytes of a literal address, 4 or 16 of them; null when it is none. No name server is asked. Brackets, a zone and
     * zeros in front of a number of an IPv4 address are refused: not everybody reads them in the same way.
     */
    public static byte @Nullable [] address(String text) {
        if (text.indexOf(':') < 0) {
            return ipv4(text, 0);
        }
        byte[] bytes = ipv6(text);
        return bytes != null && isMapped(bytes) ? Arrays.copyOfRange(bytes, MAPPED_PREFIX, IPV6_BYTES) : bytes;
    }

    private static byte @Nullable [] ipv4(String text, int from) {
        byte[] bytes = new byte[IPV4_BYTES];
        int at = from;
        for (int i = 0; i < IPV4_BYTES; i++) {
            if (i > 0 && (at >= text.length() || text.charAt(at++) != '.')) {
                return null;
            }
            int start = at;
            int value = 0;
            while (at < text.length() && at - start < 3 && text.charAt(at) >= '0' && text.charAt(at) <= '9') {
                value = value * 10 + text.charAt(at++) - '0';
            }
            if (at == start || value > 255 || at - start > 1 && text.charAt(start) == '0') {
                return null;
            }
            bytes[i] = (byte) value;
        }
        return at == text.length() ? bytes : null;
    }

    private static byte @Nullable [] ipv6(String text) {
        byte[] bytes = new byte[IPV6_BYTES];
        int filled = 0;
        int gap = -1;
        int at = 0;
        if (text.startsWith("::")) {
            gap = 0;
            at = 2;
        }
        while (at < text.length()) {
            int start = at;
            int value = 0;
            while (at < text.length() && at - start < 4 && hex(text.charAt(at)) >= 0) {
                value = value << 4 | hex(text.charAt(at++));
            }
            if (at < text.length() && text.charAt(at) == '.') {
                byte[] last = filled > MAPPED_PREFIX ? null : ipv4(text, start);
                if (last == null) {
                    return null;
                }
                System.arraycopy(last, 0, bytes, filled, IPV4_BYTES);
                filled += IPV4_BYTES;
                break;
            }
            if (at == start || filled == IPV6_BYTES) {
                return null;
            }
            bytes[filled++] = (byte) (value >> 8);
            bytes[filled++] = (byte) value;
            if (at == text.length()) {
                break;
            }
            if (text.charAt(at++) != ':' || at == text.length()) {
                return null;
            }
            if (text.charAt(at) == ':') {
                if (gap >= 0) {
                    return null;
                }
                gap = filled;
                at++;
            }
        }
        if (gap < 0 || filled == IPV6_BYTES) {
            return gap < 0 && filled == IPV6_BYTES ? bytes : null; // two colons stand for one zero at least
        }
        byte[] whole = new byte[IPV6_BYTES];
        System.arraycopy(bytes, 0, whole, 0, gap);
        System.arraycopy(bytes, gap, whole, IPV6_BYTES - (filled - gap), filled - gap);
        return whole;
    }

    private static int hex(char c) {
        return c >= '0' && c <= '9'
                ? c - '0'
                : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
    }

    private static boolean isMapped(byte[] bytes) {
        if (bytes.length != IPV6_BYTES || bytes[10] != -1 || bytes[11] != -1) {
            return false;
        }
        for (int i = 0; i < 10; i++) {
            if (bytes[i] != 0) {
                return false;
            }
        }
        return true;
    }

    /** Whether an address, as {@link #address} gives it, is one of these. */
    public boolean contains(byte[] other) {
        if (other.length != address.length) {
            return false;
        }
        int whole = bits / 8;
        for (int i = 0; i < whole; i++) {
            if (other[i] != address[i]) {
                return false;
            }
        }
        int rest = bits % 8;
        return rest == 0 || ((other[whole] ^ address[whole]) & 0xff) >> (8 - rest) == 0;
    }

    /** Whether a bit is set in the address it was written with that does not count. */
    public boolean hasFurtherBits() {
        for (int bit = bits; bit < address.length * 8; bit++) {
            if ((address[bit / 8] & (0x80 >> bit % 8)) != 0) {
                return true;
            }
        }
        return false;
    }

    /** As it was written. */
    @Override
    public String toString() {
        return text;
    }
}
