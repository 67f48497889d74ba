package io.gatehouse.core.routing;

import io.netty.util.NetUtil;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** IP addresses that begin with the same bits; one alone when all bits count. An IPv4 address is never an IPv6 one. */
final class AddressRange {
    private final byte[] address;
    private final int bits;

    private AddressRange(byte[] address, int bits) {
        this.address = address;
        this.bits = bits;
    }

    /** The bytes of an address, 4 or 16; null when it is none. */
    static byte @Nullable [] bytes(String address) {
        int zone = address.indexOf('%');
        return NetUtil.createByteArrayFromIpAddressString(zone < 0 ? address : address.substring(0, zone));
    }

    /** Reads an address, or one with the length of a prefix after a slash; null when it is neither. */
    static @Nullable AddressRange of(String text) {
        int slash = text.indexOf('/');
        byte[] address = bytes(slash < 0 ? text : text.substring(0, slash));
        if (address == null || text.indexOf('%') >= 0) {
            return null;
        }
        int all = address.length * 8;
        if (slash < 0) {
            return new AddressRange(address, all);
        }
        String length = text.substring(slash + 1);
        if (length.isEmpty() || length.length() > 3 || !length.chars().allMatch(c -> c >= '0' && c <= '9')) {
            return null;
        }
        int bits = Integer.parseInt(length);
        return bits > all ? null : new AddressRange(address, bits);
    }

    /** Whether no bit after the prefix is set. */
    boolean isExact() {
        for (int bit = bits; bit < address.length * 8; bit++) {
            if ((address[bit >> 3] & (0x80 >> (bit & 7))) != 0) {
                return false;
            }
        }
        return true;
    }

    boolean contains(byte[] other) {
        if (other.length != address.length) {
            return false;
        }
        int whole = bits >> 3;
        if (Arrays.mismatch(address, 0, whole, other, 0, whole) >= 0) {
            return false;
        }
        int mask = 0xFF00 >> (bits & 7) & 0xFF;
        return mask == 0 || ((address[whole] ^ other[whole]) & mask) == 0;
    }
}
