"""seeded_moto.py SEED PORT_FILE: an AWS on loopback (moto) that holds the clusters of SEED, for as long as it runs.

The clusters and node groups are made through the API, as anybody would make them. What no client can bring about, the
health of a node group and a certificate authority that is one, is set in the server itself. The port is written to
PORT_FILE once everything is there."""

import base64
import json
import pathlib
import sys
import threading

import boto3
from botocore.config import Config
from moto.eks.models import eks_backends
from moto.server import ThreadedMotoServer

ROLE = "arn:aws:iam::123456789012:role/ci-nodes"
AUTHORITY = "-----BEGIN CERTIFICATE-----\nbW90bw==\n-----END CERTIFICATE-----\n"


def client(port, service, region):
    return boto3.client(
        service,
        region_name=region,
        endpoint_url=f"http://127.0.0.1:{port}",
        aws_access_key_id="testing",
        aws_secret_access_key="testing",
        config=Config(retries={"max_attempts": 0}),
    )


def make(port, seed):
    """Makes the cluster and its node groups through the API."""
    eks = client(port, "eks", seed["region"])
    subnets = client(port, "ec2", seed["region"]).describe_subnets()["Subnets"]
    subnet = subnets[0]["SubnetId"]
    eks.create_cluster(name=seed["cluster"], version="1.33", roleArn=ROLE, resourcesVpcConfig={"subnetIds": [subnet]})

    def group(name, **more):
        eks.create_nodegroup(
            clusterName=seed["cluster"], nodegroupName=name, nodeRole=ROLE, subnets=[subnet], **more
        )

    for wanted in seed["nodegroups"]:
        sizes = {"minSize": wanted["min"], "desiredSize": wanted["desired"], "maxSize": wanted["max"]}
        group(
            wanted["name"],
            scalingConfig=sizes,
            instanceTypes=wanted["instance_types"],
            capacityType=wanted["capacity_type"],
            version=wanted["version"],
        )
    # More than fit on one page.
    for number in range(seed["quiet_nodegroups"]):
        group(f"quiet-{number:03}", scalingConfig={"minSize": 0, "desiredSize": 0, "maxSize": 1})


def mark(seed):
    """Sets what no client can bring about."""
    clusters = [
        backend.clusters[seed["cluster"]]
        for account in eks_backends.values()
        for backend in account.values()
        if seed["cluster"] in backend.clusters
    ]
    (cluster,) = clusters
    cluster.certificate_authority = {"data": base64.b64encode(AUTHORITY.encode()).decode()}
    for wanted in seed["nodegroups"]:
        group = cluster.nodegroups[wanted["name"]]
        group.status = wanted["status"]
        group.health = {
            "issues": [
                {"code": issue["code"], "message": issue["message"], "resourceIds": issue["resources"]}
                for issue in wanted["issues"]
            ]
        }
        group.resources = {
            "autoScalingGroups": [{"name": name} for name in wanted["scaling_groups"]],
            "remoteAccessSecurityGroup": None,
        }


def main():
    seed = json.loads(pathlib.Path(sys.argv[1]).read_text())
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    _, port = server.get_host_and_port()
    make(port, seed)
    mark(seed)
    pathlib.Path(sys.argv[2]).write_text(f"{port}\n")
    threading.Event().wait()


main()
