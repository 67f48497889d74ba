package io.gatehouse.core.service;

import io.netty.util.NetUtil;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * An IP address, or all that begin with the same bits. An IPv4 address written as IPv6 ({@code ::ffff:1.2.3.4}) is that
 * IPv4 address. Immutable.
 */
public final class AddressRange {
    private static final int MAPPED_PREFIX = 12;

    private final String text;
    private final byte[] address;
    private final int bits;

    private AddressRange(String text, byte[] address, int bits) {
        this.text = text;
        this.address = address;
        this.bits = bits;
    }

    /** Reads an address or a CIDR range; null when it is none. */
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

    /** The 4 or 16 bytes of a literal address without brackets and zone, of which no name server is asked; null when it is none. */
    public static byte @Nullable [] address(String text) {
        if (text.indexOf('%') >= 0 || text.indexOf('[') >= 0) {
            return null;
        }
        byte[] bytes = NetUtil.createByteArrayFromIpAddressString(text);
        return bytes != null && isMapped(bytes) ? Arrays.copyOfRange(bytes, MAPPED_PREFIX, bytes.length) : bytes;
    }

    private static boolean isMapped(byte[] bytes) {
        if (bytes.length != 16 || bytes[10] != -1 || bytes[11] != -1) {
            return false;
        }
        for (int i = 0; i < 10; i++) {
            if (bytes[i] != 0) {
                return false;
            }
        }
        return true;
    }

    /** Whether an address, of 4 or 16 bytes, is one of these. */
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
