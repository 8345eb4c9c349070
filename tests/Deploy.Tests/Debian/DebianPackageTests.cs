using System.Text.RegularExpressions;
using Screening.Testing.Lab;

namespace Screening.Deploy.Tests.Debian;

/// <summary>
/// The Debian package, made of the program as the tests have it rather than of a published one: files, metadata and maintainer scripts
/// are those that are shipped. <c>deploy/debian/try.sh</c> does the same with published programs of two commits, on a minimal Debian.
/// </summary>
public sealed partial class DebianPackageTests(DebianPackages packages) : IClassFixture<DebianPackages>
{
    // Of debian-package.sh: this machine cannot run a host of its own.
    private const int NoHost = 77;

    [SkippableFact]
    public async Task The_package_has_what_a_host_needs_with_the_modes_of_Debian()
    {
        var contents = (await packages.AskAsync("--contents")).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        var modes = contents.Select(line => Entry().Match(line))
            .ToDictionary(entry => entry.Groups["path"].Value, entry => $"{entry.Groups["mode"].Value} {entry.Groups["owner"].Value}");

        const string Plain = "-rw-r--r-- root/root";
        Assert.Equal("-rwxr-xr-x root/root", modes["usr/lib/screening/screening"]);
        Assert.Equal("lrwxrwxrwx root/root", modes["usr/bin/screening"]);
        Assert.All(
            (string[])["etc/screening/screening.toml", "usr/lib/systemd/system/screening.service", "usr/lib/sysusers.d/screening.conf",
                "usr/lib/tmpfiles.d/screening.conf", "usr/share/bash-completion/completions/screening",
                "usr/share/zsh/vendor-completions/_screening", "usr/share/fish/vendor_completions.d/screening.fish",
                "usr/share/man/man1/screening.1.gz", "usr/share/man/man5/screening.toml.5.gz",
                "usr/share/man/man7/screening_postfix.7.gz", "usr/share/doc/screening/copyright",
                "usr/share/doc/screening/changelog.Debian.gz", "usr/share/doc/screening/changelog.gz",
                "usr/share/doc/screening/docs/postfix.md", "usr/share/doc/screening/examples/postfix/README.md"],
            path => Assert.Equal(Plain, modes.GetValueOrDefault(path)));
        Assert.DoesNotContain(modes, mode => mode.Value[0] != 'l' && mode.Value[5] == 'w');
        Assert.DoesNotContain(modes.Keys, path => path.EndsWith(".pdb", StringComparison.Ordinal));
    }

    [SkippableFact]
    public async Task The_configuration_is_kept_on_upgrades_and_the_version_sorts_between_releases()
    {
        Assert.Equal("/etc/screening/screening.toml\n", await packages.AskAsync("--info", "conffiles"));
        Assert.Equal("amd64\n", await packages.AskAsync("--field", "Architecture"));
        var version = (await packages.AskAsync("--field", "Version")).Trim();
        Assert.Matches(@"^\d+\.\d+\.\d+([~+]git\d{8}\.\d+\.[0-9a-f]{8}(\.dirty)?)?-1$", version);
        Assert.True(await IsOlderAsync("0.2.0~git20270101.700.0123abcd-1", "0.2.0-1"));
        Assert.True(await IsOlderAsync("0.2.0-1", "0.2.0+git20270101.701.0123abcd-1"));
    }

    [SkippableFact]
    public async Task The_unit_is_the_one_for_hosts_without_the_package() => Assert.Equal(
        await File.ReadAllTextAsync(Repository.File("deploy/systemd/screening.service")),
        await packages.ReadAsync("usr/lib/systemd/system/screening.service"));

    [SkippableFact]
    public async Task The_licence_of_every_library_is_named()
    {
        var copyright = await packages.ReadAsync("usr/share/doc/screening/copyright");
        var files = (await packages.AskAsync("--contents")).Split('\n')
            .Select(line => Entry().Match(line).Groups["path"].Value)
            .Where(path => path.StartsWith("usr/lib/screening/", StringComparison.Ordinal))
            .Where(path => path.EndsWith(".dll", StringComparison.Ordinal))
            .Where(path => !Path.GetFileName(path).StartsWith("screening", StringComparison.OrdinalIgnoreCase));

        Assert.All(files, path => Assert.Contains(path, copyright, StringComparison.Ordinal));
        var used = LicenceOf().Matches(copyright).Select(match => match.Groups["name"].Value).ToHashSet();
        Assert.All(used, name => Assert.Contains($"\n\nLicense: {name}\n ", copyright, StringComparison.Ordinal));
    }

    [SkippableFact]
    public async Task Lintian_finds_nothing()
    {
        Requires.Programs("lintian");
        var found = await packages.RunAsync(
            "lintian", "--allow-root", "--fail-on", "error,warning", "--suppress-tags",
            "uses-no-compression-for-data-tarball,uses-no-compression-for-control-tarball", packages.Path);
        Assert.True(found.ExitCode == 0, $"{found}");
    }

    [SkippableFact]
    public async Task A_wrong_call_is_told()
    {
        var script = Repository.File("deploy/debian/build.sh");
        Assert.Contains("--frob", (await packages.RunAsync(script, "--frob", "x")).Error, StringComparison.Ordinal);
        Assert.Contains(
            "no program screening", (await packages.RunAsync(script, "--publish", Repository.File("docs"))).Error,
            StringComparison.Ordinal);
    }

    /// <summary>systemd is process 1 of a host in namespaces of its own, so that the unit's restrictions are the real ones.</summary>
    [SkippableFact]
    public async Task Install_reload_watchdog_upgrade_remove_and_purge_under_systemd_need_root()
    {
        Requires.Root();
        Requires.Programs("unshare", "nsenter", "setpriv", "systemctl", "postfix", "ip", "pgrep");
        var tried = await packages.RunAsync(Repository.File("tests/Deploy.Tests/debian-package.sh"), packages.OldPath, packages.Path);
        Skip.If(
            tried.ExitCode == NoHost, $"needs namespaces, an overlay and cgroups that root can make: {tried.Error.Trim().Split('\n')[0]}");

        Assert.True(tried.ExitCode == 0, $"{tried}");
        Assert.Contains("ok: no file is left\n", tried.Output, StringComparison.Ordinal);
        Assert.EndsWith("ok: Postfix is as it was\n", tried.Output, StringComparison.Ordinal);
    }

    private async Task<bool> IsOlderAsync(string left, string right) =>
        (await packages.RunAsync("dpkg", "--compare-versions", left, "lt", right)).ExitCode == 0;

    [GeneratedRegex(@"^(?<mode>\S{10}) (?<owner>\S+) +\d+ \S+ \S+ \./(?<path>.*?)( -> .*)?$")]
    private static partial Regex Entry();

    [GeneratedRegex("^License: (?<name>.+)$", RegexOptions.Multiline)]
    private static partial Regex LicenceOf();
}
