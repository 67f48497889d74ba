package io.gatehouse.core.balancer;

import io.vertx.core.net.SocketAddress;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * An address of a target, with its share. Immutable but for its {@link AddressState}, which outlives it: what was learned
 * of an address stays when weights or the set of addresses change.
 */
public final class Address {
    private final String host;
    private final String name;
    private final String ip;
    private final int port;
    private final int weight;
    private final SocketAddress socketAddress;
    private final boolean checked;
    private final AddressState state;

    /**
     * @param host the target's host as configured
     * @param name what it is addressed by: that host, or the name that an SRV record gave
     * @param weight 0 for no traffic
     * @param checked whether its health counts
     */
    Address(String host, String name, String ip, int port, int weight, boolean checked, AddressState state) {
        this.host = host;
        this.name = name;
        this.ip = ip;
        this.port = port;
        this.weight = weight;
        this.socketAddress = SocketAddress.inetSocketAddress(port, ip);
        this.checked = checked;
        this.state = state;
    }

    /** The target's host as configured. */
    public String host() {
        return host;
    }

    /** The name that requests give it in {@code Host}; an IPv6 address without brackets. */
    public String name() {
        return name;
    }

    /** The address in digits. */
    public String ip() {
        return ip;
    }

    /** The port. */
    public int port() {
        return port;
    }

    /** Its share; 0 for no traffic. */
    public int weight() {
        return weight;
    }

    /** Where to connect to. */
    public SocketAddress socketAddress() {
        return socketAddress;
    }

    AddressState state() {
        return state;
    }

    boolean available() {
        return !checked || state.healthy();
    }

    /** What tells it from others, its state aside. */
    List<Object> facts() {
        return List.of(name, ip, port, weight);
    }

    boolean isNoneOf(@Nullable List<Address> others) {
        if (others != null) {
            for (int i = 0; i < others.size(); i++) {
                if (others.get(i).state == state) {
                    return false;
                }
            }
        }
        return true;
    }

    /** {@code ip:port}, with brackets round IPv6. */
    @Override
    public String toString() {
        return Literals.beforePort(ip) + ':' + port;
    }
}
