using Screening.Deploy.Tests.Image;
using Screening.Testing.Lab;
using Xunit.Sdk;

namespace Screening.Deploy.Tests.Sidecar;

/// <summary>The images that mail pods are made of, built by the scripts that an operator runs.</summary>
internal static class MailImages
{
    /// <summary>What an operator writes into his kustomization about them.</summary>
    public const string Names = """
        images:
          - name: screening
            newName: localhost/screening-test
            newTag: checkout
          - name: screening-postfix
            newName: localhost/screening-postfix
            newTag: checkout
          - name: screening-p0f
            newName: localhost/screening-p0f
            newTag: checkout
        """;

    private const int NotDownloaded = 3;
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(10);
    private static readonly Lazy<Task<CommandResult>> Built = new(() => RunningProcess.RunAsync(
        new LaunchPlan(Repository.File("deploy/image/mail.sh"), "--tag", "checkout"), Patience));

    /// <summary>Builds them, or skips the test where they cannot be built or run.</summary>
    public static async Task NeedAsync()
    {
        Requires.Root();
        Requires.Programs("podman", "runc", "buildah", "apt-get", "dpkg-deb");
        await BuiltImage.NeedAsync();
        var built = await Built.Value;
        Skip.If(built.ExitCode == NotDownloaded, $"needs Debian's packages: {built.Error.Trim()}");
        if (built.ExitCode != 0)
            throw new XunitException($"mail.sh: {built}");
    }
}
