using Screening.Testing.Lab;

namespace Screening.Deploy.Tests;

/// <summary>What holds for all of deploy/.</summary>
public sealed class DeployFolderTests
{
    [Fact]
    public void Every_folder_of_deploy_has_a_guide() =>
        Assert.All(
            Directory.EnumerateDirectories(Repository.File("deploy")),
            folder => Assert.True(File.Exists(Path.Combine(folder, "README.md")), folder));
}
