terraform {
  required_version = ">= 1.6"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 5.40"
    }
  }
}

provider "aws" {
  alias  = "replica"
  region = var.replica_region
}

# How many zones to spread over.
variable "zone_count" {
  description = "Availability zones to use"
  type        = number
  default     = 3

  validation {
    condition     = var.zone_count > 0 && var.zone_count <= 6
    error_message = "Between one and six zones."
  }
}

locals {
  zones   = slice(data.aws_availability_zones.here.names, 0, var.zone_count)
  subnets = { for index, zone in local.zones : zone => cidrsubnet(var.cidr, 4, index) }
}

data "aws_availability_zones" "here" {
  state = "available"
}

resource "aws_vpc" "main" {
  cidr_block           = var.cidr
  enable_dns_hostnames = true

  tags = merge(local.tags, { Name = "${var.name}-vpc" })
}

/* One private subnet a zone. */
resource "aws_subnet" "private" {
  for_each = local.subnets

  vpc_id            = aws_vpc.main.id
  cidr_block        = each.value
  availability_zone = each.key

  lifecycle {
    create_before_destroy = true
    ignore_changes        = [tags["LastSeen"]]
  }
}

resource "aws_security_group" "database" {
  name   = "database"
  vpc_id = aws_vpc.main.id

  dynamic "ingress" {
    for_each = toset(var.client_cidrs)
    content {
      from_port   = 5432
      to_port     = 5432
      protocol    = "tcp"
      cidr_blocks = [ingress.value]
    }
  }
}

module "flow_logs" {
  source    = "./modules/flow-logs"
  providers = { aws = aws.replica }
  vpc_id    = aws_vpc.main.id
}

output "private_subnet_ids" {
  description = "In the order of the zones"
  value       = [for subnet in aws_subnet.private : subnet.id]
}

moved {
  from = aws_subnet.app
  to   = aws_subnet.private
}
