package io.gatehouse.core;

import io.gatehouse.core.balancer.DnsOptions;
import io.vertx.core.dns.AddressResolverOptions;
import java.net.InetSocketAddress;

/** What clients of plugins and of Redis resolve names with. */
final class ResolverOptions {
    private ResolverOptions() {}

    static AddressResolverOptions of(DnsOptions dns) {
        AddressResolverOptions options = new AddressResolverOptions();
        for (InetSocketAddress server : dns.servers()) {
            options.addServer(server.getAddress().getHostAddress() + ':' + server.getPort());
        }
        return dns.hostsFile().equals(DnsOptions.DEFAULT.hostsFile())
                ? options
                : options.setHostsPath(dns.hostsFile().toString());
    }
}
