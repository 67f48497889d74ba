package io.gatehouse.core.balancer;

import io.netty.util.NetUtil;

/** Hosts that need no name service. */
final class Literals {
    private Literals() {}

    static boolean isAddress(String host) {
        return NetUtil.isValidIpV4Address(host) || NetUtil.isValidIpV6Address(host);
    }
}
