using System.Net;

namespace Screening.Benchmarks.Peers;

/// <summary>The programs of Debian that answer mail servers as the node does, each set up to do as little as it can.</summary>
internal static class DebianPeers
{
    /// <summary>Policy servers that answer without asking anybody: name, program, how it is started.</summary>
    public static readonly (string Program, Func<Task<Peer>> StartAsync)[] Policy =
    [
        ("postfwd", () => Peer.StartAsync(
            "nobody", new Dictionary<string, string> { ["rules"] = "id=PASS; client_address=0.0.0.0/0; action=DUNNO\n" },
            Postfwd)),
        ("postgrey", () => Peer.StartAsync(
            "postgrey", new Dictionary<string, string>(),
            "postgrey --inet=127.0.0.1:PORT --dbdir=FOLDER --user=postgrey --group=postgrey &")),
        ("policyd-weight", () => Peer.StartAsync(
            "polw", new Dictionary<string, string> { ["conf"] = PolicydWeight }, "policyd-weight -f FOLDER/conf start")),
        ("grossd", () => Peer.StartAsync(
            "gross", new Dictionary<string, string> { ["conf"] = Gross },
            "grossd -C -u gross -f conf", "grossd -d -r -u gross -f conf &")),
    ];

    private const string Postfwd =
        "postfwd -f FOLDER/rules -i 127.0.0.1 -p PORT -u nobody -g nogroup -d --pidfile FOLDER/pid --summary 0 --norulelog "
        + "--cache_proto unix --cache_port FOLDER/cache --no_parent_cache";

    // A child serves one connection: as many as the load has, and a few more. No list, no other check.
    private const string PolicydWeight = """
        $TCP_PORT = PORT;
        $BIND_ADDRESS = '127.0.0.1';
        $USER = 'polw';
        $GROUP = 'polw';
        $PIDFILE = 'FOLDER/pid';
        $LOCKPATH = 'FOLDER/';
        $SPATH = 'FOLDER/cache.sock';
        $dnsbl_checks_only = 1;
        @dnsbl_score = ();
        @rhsbl_score = ();
        $MAX_PROC = 80;
        $MIN_PROC = 64;
        """;

    // The list is of a name that ends at once, on a resolver that is not there: it is asked about new clients only.
    private const string Gross = """
        host = 127.0.0.1
        port = PORT
        protocol = postfix
        statefile = FOLDER/state
        update = always
        stat_interval = 3600
        check = dnsbl
        dnsbl = l0.test

        """;

    private static readonly string[] Lists = [.. Enumerable.Range(0, 10).Select(i => $"l{i}.test")];

    /// <summary>postfwd with the ten lists l0.test to l9.test at a DNS server on port 53.</summary>
    public static Task<Peer> StartPostfwdAsync(IPAddress lists) => Peer.StartAsync(
        "nobody",
        new Dictionary<string, string>
        {
            ["rules"] = string.Concat(Lists.Select((list, i) => $"id=R{i}; rbl={list}; action=REJECT listed\n"))
                + "id=PASS; action=DUNNO\n",
            ["resolv.conf"] = $"nameserver {lists}\n",
        },
        "mount --bind FOLDER/resolv.conf /etc/resolv.conf", Postfwd);

    /// <summary>rspamd with nothing but the same lists.</summary>
    public static Task<Peer> StartRspamdAsync(IPEndPoint lists) => Peer.StartAsync(
        "_rspamd", new Dictionary<string, string> { ["conf"] = Rspamd(lists) }, "rspamd -f -i -c FOLDER/conf -u _rspamd -g _rspamd &");

    private static string Rspamd(IPEndPoint lists) =>
        $$"""
        options {
          pidfile = "FOLDER/pid"; filters = ""; cache_file = "FOLDER/cache"; tempdir = "FOLDER";
          control_socket = "FOLDER/control mode=0600";
          url_tld = "/usr/share/rspamd/effective_tld_names.dat"; local_addrs = [];
          dns { nameserver = ["{{lists}}"]; timeout = 1s; retransmits = 2; }
        }
        logging { type = "console"; level = "error"; }
        worker "normal" { bind_socket = "127.0.0.1:PORT"; count = 1; mime = true; }
        lua = "/usr/share/rspamd/rules/rspamd.lua";
        modules { path = "/usr/share/rspamd/plugins/rbl.lua"; }
        rbl { rbls {
        {{string.Concat(Lists.Select((list, i) =>
            $"l{i} {{ symbol = \"L{i}\"; rbl = \"{list}\"; checks = [\"from\"]; ipv4 = true; }}\n"))}}
        } }

        """;
}
