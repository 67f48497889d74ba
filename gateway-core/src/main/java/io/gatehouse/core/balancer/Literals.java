package io.gatehouse.core.balancer;

import io.netty.util.NetUtil;
import java.net.InetAddress;
import java.net.UnknownHostException;

/** Hosts that need no name service. */
final class Literals {
    private Literals() {}

    static boolean isAddress(String host) {
        return NetUtil.isValidIpV4Address(host) || NetUtil.isValidIpV6Address(host);
    }

    /** A host as it stands before a port: IPv6 in brackets. */
    static String beforePort(String host) {
        return host.indexOf(':') < 0 ? host : '[' + host + ']';
    }

    /** The address that a text of digits says. */
    static InetAddress address(String digits) {
        try {
            return InetAddress.getByAddress(NetUtil.createByteArrayFromIpAddressString(digits));
        } catch (UnknownHostException e) {
            throw new IllegalArgumentException("address: " + digits + " (expected: one in digits)", e);
        }
    }

    static String text(byte[] address) {
        return NetUtil.bytesToIpAddress(address);
    }
}
