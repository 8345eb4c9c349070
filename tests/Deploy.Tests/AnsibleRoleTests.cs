using Screening.Testing;
using Screening.Testing.Lab;

namespace Screening.Deploy.Tests;

/// <summary>
/// The Ansible role without a host: <c>tests/Deploy.Tests/ansible-role.sh PACKAGE.deb</c> runs it twice on one that systemd has started.
/// </summary>
public sealed class AnsibleRoleTests
{
    private static readonly string Folder = Repository.File("deploy/ansible");

    [SkippableFact]
    public async Task Needs_ansible__Playbook_role_and_inventory_are_understood()
    {
        var read = await RunAsync("ansible-playbook", "--syntax-check", "-i", "inventory.yaml", "site.yaml");
        Assert.True(read.ExitCode == 0, $"{read}");
        var hosts = await RunAsync("ansible-playbook", "--list-hosts", "-i", "inventory.yaml", "site.yaml");
        Assert.All(
            (string[])["db.example.com", "mx1.example.com", "mx2.example.com", "mx3.example.com"],
            host => Assert.Contains(host, hosts.Output, StringComparison.Ordinal));
    }

    [SkippableFact]
    public async Task Needs_ansible_lint__The_linter_finds_nothing()
    {
        var found = await RunAsync("ansible-lint", "--offline", "-q", ".");
        Assert.True(found.ExitCode == 0, $"{found}");
    }

    private static Task<CommandResult> RunAsync(string program, params string[] arguments)
    {
        Requires.Programs(program, "setsid");
        return RunningProcess.RunAsync(
            new LaunchPlan(program, arguments)
            {
                Folder = Folder,
                Environment = new Dictionary<string, string?> { ["LC_ALL"] = "C.UTF-8", ["ANSIBLE_NOCOLOR"] = "1" },
            },
            Waiting.Limit);
    }
}
